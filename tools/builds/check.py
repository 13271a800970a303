"""A model's own checks: lint, types and tests of one model, whether the images that it is made by can run, and the first finding in a sentence."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tools.builds import kept_types, reason
from tools.builds.stage import StageError, shown
from tools.setup import linked

BIN = Path(sys.executable).parent
# By what the server's image installs, and nothing else (tools/setup/environments.py).
_SERVING = BIN.parents[1] / ".venv-serving" / "bin" / "python"
_LONGEST = 20 * 60.0  # seconds of one check: all of them take less than one minute
_LONGEST_TEST = 300  # … of one test
# Faults by which a module does not even run: in what images hold and stages are made of, whoever's it is.
_BROKEN, _EVERYBODYS = "E9,F63,F7,F82", ("pipelines", "modeldelivery", "tools")
_REPORT = ".build/tests.xml"
# pytest's words: of a file of tests that it could not import, and before a line of what was raised there.
_UNREAD, _RAISED = "collection failure", "E "
# … of its workers before anything ran, and before each line of what broke pytest itself.
_BEGINS, _BROKE = "bringing up nodes...", "INTERNALERROR> "
_NO_TESTS = 5  # pytest's status


@dataclass(frozen=True)
class Check:
    """One of them.

    Attributes:
        name: as the sentence has it.
        command: what is run.
    """

    name: str
    command: Sequence[str]


def checks(model: str) -> list[Check]:
    """All, the quickest first."""
    code, tests = f"pipelines/{model}", f"tests/unit/pipelines/{model}"
    return [
        Check("lint", [str(BIN / "ruff"), "check", "--output-format=concise", code, tests]),
        Check("format", [str(BIN / "ruff"), "format", "--check", code, tests]),
        Check(
            "syntax",
            [str(BIN / "ruff"), "check", f"--select={_BROKEN}", "--output-format=concise", *_EVERYBODYS],
        ),
        Check("types", [str(BIN / "mypy"), "--no-error-summary", code]),
        Check(
            "images",
            [
                sys.executable,
                "-m",
                "tools.builds.dockerfile",
                "pipelines/server/Dockerfile",
                "pipelines/steps/Dockerfile",
            ],
        ),
        Check("images", [str(_SERVING), "-m", "tools.builds.programs", "pipelines.server"]),
        Check("images", [sys.executable, "-m", "tools.builds.programs", "pipelines.steps"]),
        # A file's tests by one worker: what they share, a trained model among it, is made once.
        Check(
            "tests",
            [
                *(str(BIN / "pytest"), "-q", "-n", "2", "--dist", "loadfile", f"--timeout={_LONGEST_TEST}"),
                *(f"--junitxml={_REPORT}", tests),
            ],
        ),
    ]


def run(model: str) -> str:
    """Run them up to the first that fails; its finding in a sentence, "" when all passed."""
    if clone := linked.source(os.environ):
        kept_types.take_over(clone, Path.cwd())
    for check in checks(model):
        Path(_REPORT).unlink(missing_ok=True)
        try:
            done = shown(check.command, seconds=_LONGEST)
        except StageError as overdue:
            return f"{check.name}: {overdue}"
        if done.returncode:
            return f"{check.name}: {finding(check, done)}"
    return ""


def finding(check: Check, done: subprocess.CompletedProcess[str]) -> str:
    """Why a check failed: its first finding; of one that could not begin its last word; of one that was killed what ended it."""
    program = Path(done.args[0]).name
    if done.returncode < 0:
        return reason.ended(program, done.returncode)
    if check.name == "tests" and (told := failed_test(Path(_REPORT))):
        return told
    if check.name == "tests" and done.returncode == _NO_TESTS:
        return f"{check.command[-1]} has no test"
    findings, complaints = (
        [line.strip() for line in stream.splitlines() if line.strip() and line.strip() != _BEGINS]
        for stream in (done.stdout, done.stderr)
    )
    if broke := [line.removeprefix(_BROKE) for line in findings if line.startswith(_BROKE)]:
        return broke[-1]
    if findings:
        return findings[0]
    return (
        complaints[-1].removeprefix(_RAISED).strip() if complaints else reason.ended(program, done.returncode)
    )


def failed_test(report: Path) -> str:
    """The first test of a JUnit report that failed, and why; "" where there is none."""
    if not report.exists():
        return ""
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - of a pytest that this module started
        for kind in ("failure", "error"):
            problem = case.find(kind)
            if problem is not None:
                return f"{_place(case)}: {_why(problem)}"
    return ""


def _place(case: ET.Element) -> str:
    """A test; of a file that could not be read, which pytest calls a test without a class, the file."""
    of, name = case.get("classname", ""), case.get("name", "")
    return f"{of.replace('.', '/')}.py::{name}" if of else f"{name.replace('.', '/')}.py"


def _why(problem: ET.Element) -> str:
    message = (problem.get("message") or problem.tag).splitlines()[:1]
    if message != [_UNREAD]:
        return message[0] if message else problem.tag
    raised = [line for line in (problem.text or "").splitlines() if line.startswith(_RAISED)]
    return raised[-1].removeprefix(_RAISED).strip() if raised else _UNREAD
