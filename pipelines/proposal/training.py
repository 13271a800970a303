"""`modelctl train --propose`, and what it measured."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from modeldelivery.release.errors import Exit
from modeldelivery.release.version import Version, parse_version, precedence
from pipelines import places
from pipelines.months import Month

_MODELCTL = (sys.executable, "-m", "modeldelivery.release.cli")
_JUDGES = "Evaluate"  # the step, its output, and the metrics in it (pipelines/definition.py)
_OUTPUT, _METRICS = "evaluation", "metrics.json"


class StoppedError(Exception):
    """A gate let no new model through; the message is its sentence."""


class UntrainedError(Exception):
    """No model was trained; the message says why."""


class Step(msgspec.Struct):
    """A step of an execution, and the ARN of its job; "" where it had none."""

    name: str
    job: str = ""


class Trained(msgspec.Struct):
    """Of `modelctl train --propose --json`, what is told."""

    execution: str | None = None
    steps: tuple[Step, ...] = ()


class _Told(msgspec.Struct):
    summary: str
    hint: str | None = None
    detail: Trained | None = None


def train(folder: Path, *arguments: str) -> Trained:
    """`modelctl train --propose` in a folder; what it tells. Raises StoppedError, UntrainedError."""
    command = [*_MODELCTL, "train", "--propose", *arguments, "--json"]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    try:
        told = msgspec.json.decode(done.stdout, type=_Told)
    except msgspec.DecodeError as error:
        raise UntrainedError(f"modelctl train ended with status {done.returncode}") from error
    if done.returncode == Exit.GATE:
        raise StoppedError(told.summary)
    if done.returncode or told.detail is None:
        raise UntrainedError(": ".join(filter(None, (told.summary, told.hint))))
    return told.detail


def measured(trained: Trained, sagemaker: Any, s3: Any) -> dict[str, float]:
    """The metrics of the new model on the month that judged it: of its job, which may be an earlier execution's; none where none is named.

    Raises:
        botocore.exceptions.ClientError: AWS refuses.
    """
    job = next((each.job for each in trained.steps if each.name == _JUDGES), "").rpartition("/")[2]
    if not job:
        return {}
    described = sagemaker.describe_processing_job(ProcessingJobName=job)
    outputs = described["ProcessingOutputConfig"]["Outputs"]
    place = next(each["S3Output"]["S3Uri"] for each in outputs if each["OutputName"] == _OUTPUT)
    return msgspec.json.decode(places.read(f"{place}/{_METRICS}", s3), type=dict[str, float])


def next_version(present: Iterable[Version]) -> Version:
    """The next minor version above all that there are."""
    major, minor, _ = precedence(max((Version("v0.0.0"), *present), key=precedence))
    return parse_version(f"v{major}.{minor + 1}.0")


@dataclass(frozen=True)
class Proposal:
    """A model that passed its gates, and is registered nowhere.

    Attributes:
        model: its name.
        version: the name that it would get.
        first, until: the months that trained it; the one after them judged it.
        execution: ARN.
        metrics: on the month that judged it; none where nobody could tell.
    """

    model: str
    version: Version
    first: str
    until: Month
    execution: str | None
    metrics: Mapping[str, float]

    def __str__(self) -> str:
        """What it is, how good, and what to type to have it."""
        figures = ", ".join(f"{name} {value:.3f}" for name, value in self.metrics.items())
        shown = f" ({figures})" if figures else ""
        return (
            f"{self.execution} trained a model of {self.model} on {self.first} to {self.until}, which passes its gates on "
            f'{self.until.following}{shown}; to have it: set months.until to "{self.until}" in params.yaml, `make model`, commit, '
            f"`git tag {self.model}@{self.version}`, push the tag"
        )
