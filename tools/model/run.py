"""The commands by which a model is trained and judged, and what they leave."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from modeldelivery.terminal.steps import step
from pipelines.gates import report, validation
from pipelines.gates.report import Report
from pipelines.gates.validation import Validation
from pipelines.months import between, parse_month
from pipelines.recipe import find
from tools.model.changes import PARAMETERS, Changes, changes

ROOT = Path(__file__).resolve().parents[2]
_BIN = Path(sys.executable).parent
_DVC = ROOT / ".venv-data" / "bin" / "dvc"
_STAGES = "dvc.yaml"
_BUILD = ROOT / "build"
CHAMPION = _BUILD / "champion"
VALIDATION = _BUILD / "validate" / "processing" / "output" / "validation"
EVALUATION = _BUILD / "evaluate" / "processing" / "output" / "evaluation"
_STEPS = ("validate", "featurize", "train", "evaluate")
# The variable by which a platform names what a change would be merged into, and what Git calls it.
_BASES = {
    "GITHUB_BASE_REF": "origin/{}",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": "{}",
    "CHANGE_TARGET": "origin/{}",
}


class RunError(Exception):
    """A command failed that judges nothing; the message is a sentence. `status` is the command's."""

    def __init__(self, sentence: str, status: int = 1) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Outcome:
    """What `dvc repro` came to: results of the stages that it reached, and why it stopped; empty when it did not."""

    validation: Validation | None
    report: Report | None
    stopped: str


def parameters() -> dict[str, Any]:
    """`params.yaml` as it is."""
    return dict(yaml.safe_load((ROOT / PARAMETERS).read_text()))


def base(environ: Mapping[str, str]) -> str | None:
    """The commit that this change would be merged into, as the platform names it; None outside of one."""
    return next((form.format(environ[name]) for name, form in _BASES.items() if environ.get(name)), None)


def changed(onto: str) -> Changes | None:
    """What differs between the working tree and where it left `onto`; None where Git does not have that."""
    fork = _git("merge-base", onto, "HEAD")
    before = _git("show", f"{fork.strip()}:{PARAMETERS}") if fork else None
    names = _git("diff", "--name-status", "--no-renames", "-z", fork.strip()) if fork else None
    if before is None or names is None:
        return None
    parts = names.split("\0")
    files = {path: status[:1] for status, path in zip(parts[::2], parts[1::2], strict=False)}
    stages = yaml.safe_load((ROOT / _STAGES).read_text())["stages"].values()
    deps = {dep for stage in stages for dep in stage["deps"]} | {PARAMETERS, _STAGES}
    return changes(files, deps, yaml.safe_load(before), parameters())


def pull(environment: str, given: Mapping[str, Any]) -> None:
    """Have DVC here, and the months that the parameters name.

    Raises:
        RunError: DVC could not get them.
    """
    months = between(parse_month(given["months"]["first"]), parse_month(given["months"]["until"]).following)
    wanted = [
        f"data/{table.name}/{month}.csv.dvc" for month in months for table in find(given["model"]).tables
    ]
    present = [
        path for path in wanted if (ROOT / path).exists()
    ]  # a month that is not named is the gate's matter
    subprocess.run(
        [sys.executable, "-m", "tools.setup", "data"],
        cwd=ROOT,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
    )
    with step(f"{len(present)} months of tables", sys.stderr):
        _call("dvc pull", [str(_DVC), "pull", "--quiet", *present], environment)


def fetch_champion(environment: str, model: str) -> None:
    """Have the model here that serves.

    Raises:
        RunError: `modelctl` could not get it.
    """
    command = ["modelctl", "artifact", "--env", environment, "--model", model, "--out", str(CHAMPION)]
    with step(f"the model that serves in {environment}", sys.stderr):
        _call(" ".join(command[:4]), [str(_BIN / command[0]), *command[1:]], environment)


def repro() -> Outcome:
    """Run every stage whose inputs changed, as DVC does.

    Raises:
        RunError: a stage failed without judging anything.
    """
    done = subprocess.run(
        [str(_DVC), "repro"], cwd=ROOT, check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr
    )
    if not done.returncode:
        return Outcome(_validation(), _report(), "")
    # Stages run in order, and one that runs takes its earlier message away: the first message is the one of now.
    stage, message = next(
        ((name, told) for name in _STEPS if (told := _message(name))),
        ("", f"`dvc repro` ended with {done.returncode}; what it said stands above"),
    )
    if not message.startswith(f"{stage} stopped: "):
        raise RunError(message)
    return Outcome(_validation(), _report() if stage == _STEPS[-1] else None, message)


def _message(stage: str) -> str:
    """Why a stage stopped, as it told SageMaker."""
    folder = _BUILD / stage / "output"
    paths = [path for name in ("message", "failure") if (path := folder / name).is_file()]
    return paths[0].read_text().strip() if paths else ""


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


def _git(*arguments: str) -> str | None:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return done.stdout if done.returncode == 0 else None


def _call(name: str, command: list[str], environment: str) -> None:
    environ = {"AWS_PROFILE": environment, **os.environ}
    done = subprocess.run(
        command, cwd=ROOT, env=environ, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        last = " ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
        raise RunError(f"`{name}` failed: {last}", done.returncode)
