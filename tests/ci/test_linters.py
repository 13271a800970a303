"""What others know of mistakes in such definitions: actionlint, zizmor and shellcheck."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.ci.definitions import ON_GITHUB, WORKFLOWS, gitlab_jobs
from tests.conftest import CHECKOUT

BIN = Path(sys.executable).parent
ACTIONS = CHECKOUT / "tests" / "ci" / "actions"


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **more)


@pytest.mark.skipif(shutil.which("go") is None, reason="actionlint is built by Go, which is not here")
def test_actionlint_finds_nothing():
    files = map(str, sorted(WORKFLOWS.glob("*.yml")))
    # -shellcheck: the pinned one, wherever another is on PATH.
    done = run("go", "-C", str(CHECKOUT / "tools" / "ci"), "tool", "actionlint", "-shellcheck", str(BIN / "shellcheck"), *files)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_no_hole():
    # Below medium it asks for GitHub's newest spelling of a local path, which act does not know.
    done = run(str(BIN / "zizmor"), "--offline", "--quiet", "--min-severity", "medium", *map(str, ON_GITHUB))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", sorted(ACTIONS.glob("*/action.yml")), ids=lambda path: path.parent.name)
def test_shellcheck_finds_nothing_in_a_stand_in(path):
    for step in yaml.safe_load(path.read_text())["runs"]["steps"]:
        done = run(str(BIN / "shellcheck"), "--shell=bash", "--severity=warning", "-", input=step["run"])
        assert done.returncode == 0, done.stdout


def test_shellcheck_finds_nothing_in_a_script():
    scripts = [CHECKOUT / ".ci" / "run", CHECKOUT / "tests" / "ci" / "runs" / "bin" / "rsync"]
    done = run(str(BIN / "shellcheck"), *map(str, scripts))
    assert done.returncode == 0, done.stdout
    lines = "\n".join(line for job in gitlab_jobs().values() for line in job["script"])
    done = run(str(BIN / "shellcheck"), "--shell=bash", "-", input=lines)
    assert "error" not in done.stdout, done.stdout


def test_ruff_finds_nothing_in_the_profile_script():
    """It has no .py at its end, so `make check` does not see it."""
    source = (CHECKOUT / ".ci" / "aws-profile").read_text()
    for command in (["check"], ["format", "--check"]):
        done = run(str(BIN / "ruff"), *command, "--stdin-filename", ".ci/aws_profile.py", "-", input=source, cwd=CHECKOUT)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
