"""The definitions, run on this machine: by act, by gitlab-ci-local with its shell, and by a stand-in for Jenkins."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.ci.definitions import steps
from tests.conftest import CHECKOUT

DEADLINE = 900
GROOVY = ("org.codehaus.groovy", "groovy-all", "2.4.21")
GROOVY_SHA256 = "de65260cf2070442e99882f2f3d72e7531725c1e6a257446cc0cea525c607bd0"
HERE = Path(__file__).parent
STAND_INS = HERE.parent / "actions"
TOOLS = CHECKOUT / "tools" / "ci"
GITHUB, GITLAB = "https://github.com/team/model-delivery.git", "git@gitlab.com:team/model-delivery.git"


@dataclass(frozen=True)
class Ended:
    """How a pipeline ended; `jobs` in the order in which they ended, with whether they went well."""

    ok: bool
    jobs: dict[str, bool]
    said: str


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
        said=done.stdout + done.stderr,
    )


def _stand_ins():
    """Nothing is fetched: each pinned action that is used, and the folder that stands in for it."""
    used = {step["uses"] for _, _, step in steps() if "uses" in step}
    return {
        action: STAND_INS / action.partition("@")[0].partition("/")[2]
        for action in sorted(used)
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
        said=done.stdout + done.stderr,
    )


@cache
def install():
    """Where the runner for GitLab is: what package-lock.json says, checked against its hashes."""
    folder, lock = TOOLS / "node_modules", json.loads((TOOLS / "package-lock.json").read_text())
    known = folder / ".package-lock.json"
    wanted = {name: found["integrity"] for name, found in lock["packages"].items() if name}
    present = json.loads(known.read_text())["packages"] if known.exists() else {}
    if {name: found["integrity"] for name, found in present.items()} != wanted:
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=TOOLS, check=True, capture_output=True, timeout=300,
        )  # fmt: skip
    return folder


def jenkins(clone, *, environ):
    """Run the Jenkinsfile in a stand-in for Jenkins, by the Groovy that Jenkins runs; `environ` is what it says of the build."""
    command = [
        "java",
        "-cp",
        str(groovy()),
        "groovy.ui.GroovyMain",
        str(HERE / "Jenkins.groovy"),
        "Jenkinsfile",
    ]
    done = _run(command, clone.folder, {name: str(value) for name, value in environ.items()})
    return Ended(ok=done.returncode == 0, jobs={}, said=done.stdout + done.stderr)


@cache
def groovy():
    """Jenkins' Groovy, checked against its hash."""
    group, name, version = GROOVY
    jar = Path.home().joinpath(".m2", "repository", *group.split("."), name, version, f"{name}-{version}.jar")
    if not jar.exists():
        subprocess.run(
            ["mvn", "-q", "-B", "dependency:get", f"-Dartifact={':'.join(GROOVY)}", "-Dtransitive=false"],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
    assert hashlib.sha256(jar.read_bytes()).hexdigest() == GROOVY_SHA256
    return jar


def has_java():
    """Java and Maven, which run Groovy and fetch it."""
    return all(shutil.which(name) for name in ("java", "mvn"))


def _run(command, folder, more):
    clean = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(
            ("AWS_", "PULUMI_", "GITHUB_", "GITLAB_", "JENKINS_", "CI_", "CHANGE_", "PYTEST_")
        )
    }
    return subprocess.run(
        command, cwd=folder, env=clean | more, capture_output=True, text=True, check=False, timeout=DEADLINE,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def _pairs(option, values):
    return [part for name, value in values.items() for part in (option, f"{name}={value}")]


def has_node():
    """Node and npm, which run gitlab-ci-local."""
    return all(shutil.which(name) for name in ("node", "npm"))
