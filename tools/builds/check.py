"""A model's own checks: lint, types and tests of everything that one model is made of, and the first finding in one sentence."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tools.builds import kept_types
from tools.setup import linked

BIN = Path(sys.executable).parent
_REPORT = ".build/tests.xml"


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
        # A file's tests by one worker: what they share, a trained model among it, is made once.
        Check(
            "tests",
            [str(BIN / "pytest"), "-q", "-n", "2", "--dist", "loadfile", f"--junitxml={_REPORT}", tests],
        ),
    ]


def run(model: str) -> str:
    """Run them up to the first that fails; its finding in a sentence, "" when all passed."""
    if clone := linked.source(os.environ):
        kept_types.take_over(clone, Path.cwd())
    for check in checks(model):
        Path(_REPORT).unlink(missing_ok=True)
        done = subprocess.run(check.command, stdout=subprocess.PIPE, text=True, check=False)
        sys.stdout.write(done.stdout)
        sys.stdout.flush()
        if done.returncode:
            return f"{check.name}: {_finding(check, done.stdout, done.returncode)}"
    return ""


def _finding(check: Check, output: str, status: int) -> str:
    if check.name == "tests" and (told := failed_test(Path(_REPORT))):
        return told
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[0] if lines else f"ended with status {status}"


def failed_test(report: Path) -> str:
    """The first test of a JUnit report that failed, and why; "" where there is none."""
    if not report.exists():
        return ""
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - of a pytest that this module started
        for kind in ("failure", "error"):
            problem = case.find(kind)
            if problem is not None:
                place = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
                message = (problem.get("message") or kind).splitlines()
                return f"{place}: {message[0] if message else kind}"
    return ""
