"""The stages between data and a judged model, run here, and what they come to."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from modeldelivery.terminal.steps import step
from pipelines.gates import report, validation
from pipelines.gates.report import Report
from pipelines.gates.validation import Validation
from tools.model.run import BUILD, CHAMPION, DVC, ROOT, RunError, parameters

VALIDATION = BUILD / "validate" / "processing" / "output" / "validation"
_COMPARISON = BUILD / "comparison"
EVALUATION = _COMPARISON / "processing" / "output" / "evaluation"
_LOG = BUILD / "dvc.log"
_STEPS = ("validate", "featurize", "train", "evaluate")
_LAST = _STEPS[-1]
_RUNNING = re.compile(r"Running stage '(\w+)'")
# What DVC adds to the words of a command that failed.
_OF_DVC = re.compile(r"ERROR: |Running stage |Verifying |> |Stage '|'.*' didn't change|$")


@dataclass(frozen=True)
class Outcome:
    """What the stages came to: results of those that were reached, and why it stopped; empty when it did not."""

    validation: Validation | None
    report: Report | None
    stopped: str


def train(model: str) -> Outcome:
    """Run every stage whose inputs changed, as `dvc repro` does; then hold the model against the champion that was fetched.

    Raises:
        RunError: a stage failed without judging anything.
    """
    for stage in _STEPS:  # of an earlier run
        _forget(BUILD / stage)
    stage, message = _repro()
    if message and stage != _LAST:
        return Outcome(_validation(), None, message)
    compared, worse = _compare(model)
    return Outcome(_validation(), compared, worse or message)


def _repro() -> tuple[str, str]:
    """`dvc repro`; the stage that stopped it and why, both empty when it ran to its end.

    Raises:
        RunError: a stage failed without judging anything.
    """
    BUILD.mkdir(exist_ok=True)
    with step("stages that changed (dvc repro)", sys.stderr) as under_way, _LOG.open("w") as log:
        running = subprocess.Popen(
            [str(DVC), "repro"],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert running.stdout
        ran: list[str] = []
        lines: list[str] = []
        for line in running.stdout:
            log.write(line)
            lines.append(line.rstrip())
            if begun := _RUNNING.match(line):
                ran.append(begun[1])
                under_way.status(begun[1])
        status = running.wait()
        stopped = next(((name, text) for name in _STEPS if (text := _message(BUILD / name))), None)
        if not status:
            under_way.outcome(", ".join(ran) or "none")
            return "", ""
        if stopped is None or not stopped[1].startswith(f"{stopped[0]} stopped: "):
            raise RunError(stopped[1] if stopped else _why(status, lines))
        under_way.outcome(f"{', '.join(ran)}, which stopped it")
        return stopped


def _why(status: int, lines: list[str]) -> str:
    """What a stage without a message said last, or DVC itself."""
    failed = next((at for at, line in enumerate(lines) if line.startswith("ERROR: ")), len(lines))
    words = [line for line in lines[:failed] if not _OF_DVC.match(line)][-1:] or lines[failed : failed + 1]
    return f"{' '.join(words) or f'`dvc repro` ended with {status}'} (all of it: {_LOG.relative_to(ROOT)})"


def _compare(model: str) -> tuple[Report, str]:
    """The model held against the champion; the report, and why it stopped."""
    given = {
        "evaluation": BUILD / "featurize" / "processing" / "output" / "evaluation",
        "training": BUILD / "featurize" / "processing" / "output" / "training",
        "model": BUILD / "train" / "output",
        "champion": CHAMPION,
    }
    inputs = [part for name, folder in given.items() for part in ("--input", f"{name}={folder}")]
    engine = msgspec.json.encode(parameters()["evaluation"]).decode()
    command = ["-m", "pipelines.steps.local", _LAST, "--base", str(_COMPARISON), "--model", model, *inputs]
    command += ["--evaluation", engine]
    with step("the model against the one that serves", sys.stderr) as under_way:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        message = _message(_COMPARISON)
        if done.returncode and not message.startswith(f"{_LAST} stopped: "):
            raise RunError(message or f"the evaluation ended with {done.returncode}: {done.stderr.strip()}")
        under_way.outcome("stopped" if message else "passed")
    report = _report()
    if report is None:
        raise RunError(f"{EVALUATION}: the evaluation left no report: run `make model` again")
    return report, message


def _message(base: Path) -> str:
    """Why a step stopped, as it told SageMaker."""
    paths = [path for path in _messages(base) if path.is_file()]
    return paths[0].read_text().strip() if paths else ""


def _forget(base: Path) -> None:
    for path in _messages(base):
        path.unlink(missing_ok=True)


def _messages(base: Path) -> list[Path]:
    return [base / "output" / name for name in ("message", "failure")]


def _validation() -> Validation | None:
    path = VALIDATION / "validation.json"
    return validation.decode(path.read_bytes()) if path.is_file() else None


def _report() -> Report | None:
    path = EVALUATION / "evaluation.json"
    if not path.is_file():
        return None
    try:
        return report.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise RunError(f"{path}: {error}: run the evaluation again") from error
