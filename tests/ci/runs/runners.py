"""The definitions, run on this machine: by act, by gitlab-ci-local with its shell, and by JenkinsPipelineUnit."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.ci.definitions import actions_of_others
from tests.ci.jenkins.build import Build
from tests.conftest import CHECKOUT

DEADLINE = 900
HERE = Path(__file__).parent
STAND_INS = HERE.parent / "actions"
TOOLS = CHECKOUT / "tools" / "ci"
GITHUB, GITLAB = "https://github.com/team/model-delivery.git", "git@gitlab.com:team/model-delivery.git"


@dataclass(frozen=True)
class Ended:
    """How a pipeline ended; `jobs` in the order in which they ended, with whether they went well."""

    ok: bool
    jobs: dict[str, bool]
    output: str


def act(clone, event, event_file, folder, *, variables, environ, arguments=()):
    """Run GitHub's workflows for an event; `variables` are the repository's, `environ` the runner's own."""
    command = [
        str(Path(sys.executable).with_name("act")),
        event,
        *("--eventpath", str(event_file)),
        *("--platform", "ubuntu-24.04=-self-hosted"),
        *("--action-cache-path", str(folder / "act")),
        *("--concurrent-jobs", "1", "--no-cache-server", "--defaultbranch", "main"),
        *_pairs("--local-repository", _stand_ins()),
        *_pairs("--var", variables),
        *_pairs("--env", environ),
        *_pairs("--env", {"STAND_IN_ARTIFACTS": folder / "artifacts", "STAND_IN_PYTHON": sys.executable}),
        *arguments,
    ]
    done = _run(command, clone.folder, {"XDG_CONFIG_HOME": str(folder / "config")})
    ended = re.findall(r"^\[[^\]\n]*/([^\]/\n]+?) *\].*Job (succeeded|failed)$", done.stdout, re.MULTILINE)
    return Ended(
        ok=done.returncode == 0,
        jobs={name: how == "succeeded" for name, how in ended},
        output=done.stdout + done.stderr,
    )


def _stand_ins():
    """Nothing is fetched: each pinned action that is used, and the folder that stands in for it."""
    return {
        action: STAND_INS / action.partition("@")[0].partition("/")[2]
        for action in actions_of_others()
        if not action.startswith("actions/checkout@")  # act copies the clone itself
    }


def gitlab_ci_local(clone, *, variables, arguments=()):
    """Run GitLab's pipeline; `variables` are the project's and what GitLab says of the pipeline."""
    command = [
        *("node", "--require", str(TOOLS / "node20.cjs")),
        str(install() / "gitlab-ci-local" / "dist" / "index.js"),
        *("--force-shell-executor", "--no-color", "--concurrency", "1"),
        *(
            "--ignore-predefined-vars",
            ",".join(name for name in variables if name.startswith(("CI_", "GITLAB_CI"))),
        ),
        *_pairs("--variable", variables),
        *arguments,
    ]
    path = f"{HERE / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = _run(command, clone.folder, {"PATH": path})
    ended = re.findall(r"^ *(PASS|WARN|FAIL) +(\S+)", done.stdout, re.MULTILINE)
    return Ended(
        ok=done.returncode == 0,
        jobs={name: how != "FAIL" for how, name in ended},
        output=done.stdout + done.stderr,
    )


@cache
def install():
    """Where the runner for GitLab is: what package-lock.json says, checked against its hashes."""
    folder, lock = TOOLS / "node_modules", json.loads((TOOLS / "package-lock.json").read_text())
    lock_file = folder / ".package-lock.json"
    wanted = {name: each["integrity"] for name, each in lock["packages"].items() if name}
    present = json.loads(lock_file.read_text())["packages"] if lock_file.exists() else {}
    if {name: each["integrity"] for name, each in present.items()} != wanted:
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=TOOLS, check=True, capture_output=True, timeout=300,
        )  # fmt: skip
    return folder


def jenkins(server, clone, folder, *, env, **given):
    """Build what a clone holds as its Jenkinsfile says, in a folder that is made."""
    ended = server.run(folder, Build(clone.folder / "Jenkinsfile", env, runs=True, **given))
    assert ended.result != "REFUSED", ended.message
    return ended


def machine_variables():
    """This machine's variables, without those that say which platform runs a job, or whose account it is."""
    ours = ("AWS_", "PULUMI_", "GITHUB_", "GITLAB_", "JENKINS_", "CI_", "CHANGE_", "PYTEST_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _run(command, folder, more):
    return subprocess.run(
        command, cwd=folder, env=machine_variables() | more, capture_output=True, text=True, check=False, timeout=DEADLINE,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def _pairs(option, values):
    return [part for name, value in values.items() for part in (option, f"{name}={value}")]


def has_node():
    """Node and npm, which run gitlab-ci-local."""
    return all(shutil.which(name) for name in ("node", "npm"))
