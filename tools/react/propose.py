"""A retrained model, proposed: the environment's own pipeline on the months up to now, through both gates, and ended before it registers anything."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from modeldelivery.release.aws.environment import AwsEnvironment, open_environment
from modeldelivery.release.aws.errors import ask
from modeldelivery.release.core import weights
from modeldelivery.release.errors import Exit
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.release.version import Version, parse_version, precedence
from modeldelivery.terminal.steps import step
from pipelines import dataset, places
from pipelines.months import Month
from tools.model.__main__ import trains
from tools.model.run import ROOT, RunError, call_module, parameters, pull

DATASET = ROOT / "build" / "proposal" / "dataset"
_TAG = re.compile(r"[^@]+@(v\d+\.\d+\.\d+)")
_JUDGES = "Evaluate"  # the step, its output, and the metrics in it (pipelines/definition.py)
_OUTPUT, _METRICS = "evaluation", "metrics.json"


class StoppedError(Exception):
    """A gate let no new model through; the message is its sentence."""


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


def propose(until: Month) -> str:
    """Train on everything up to a month, judge on the one after it; the sentence that proposes the model.

    It is trained where tags are: in the environment that config says trains, against the model that serves there.

    Args:
        until: the last month that trains.

    Raises:
        StoppedError: a gate stopped it.
        RunError: it could not be trained or judged.
        DeliveryError: AWS refused a call, or does not answer.
    """
    given, environment = parameters(), trains(ROOT)
    model, first = str(given["model"]), str(given["months"]["first"])
    opened = open_environment(parse_model(model), parse_environment(environment))
    journal = opened.endpoint.patient_store.read().journal
    version = next_version(model, (*journal.fleet, *weights.traffic(journal.weights)))
    revision = _data(environment, model, first, until, opened.place.data_bucket)
    trained = train(
        *("--env", environment, "--model", model, "--version", version, "--data-revision", revision),
        *("--first", first, "--until", str(until)),
    )
    metrics = ", ".join(f"{name} {value:.3f}" for name, value in measured(opened, trained).items())
    shown = f" ({metrics})" if metrics else ""
    return (
        f"{trained.execution} trained a model of {model} on {first} to {until}, which passes its gates on {until.following}{shown}; to have "
        f'it: set months.until to "{until}" in params.yaml, `make model`, commit, `git tag {model}@{version}`, push the tag'
    )


def train(*arguments: str) -> Trained:
    """`modelctl train --propose`; what it tells. Raises StoppedError, RunError."""
    command = [str(Path(sys.executable).parent / "modelctl"), "train", "--propose", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    try:
        told = msgspec.json.decode(done.stdout, type=_Told)
    except msgspec.DecodeError as error:
        raise RunError(f"modelctl train ended with status {done.returncode}", done.returncode) from error
    if done.returncode == Exit.GATE:
        raise StoppedError(told.summary)
    if done.returncode or told.detail is None:
        raise RunError(": ".join(filter(None, (told.summary, told.hint))), done.returncode)
    return told.detail


def _data(environment: str, model: str, first: str, until: Month, bucket: str) -> str:
    """The months where the pipeline reads them; their revision."""
    pull(environment)
    months = ("--first", first, "--until", until)
    with step("pipelines.assemble", sys.stderr):
        call_module(environment, "pipelines.assemble", "--model", model, *months, "--out", DATASET)
    with step("pipelines.publish", sys.stderr):
        call_module(environment, "pipelines.publish", DATASET, "--bucket", bucket)
    return dataset.read_manifest(DATASET).revision


def measured(opened: AwsEnvironment, trained: Trained) -> dict[str, float]:
    """The metrics of the new model on the month that judged it: of its job, which may be an earlier execution's; none where none is named."""
    job = next((each.job for each in trained.steps if each.name == _JUDGES), "").rpartition("/")[2]
    if not job:
        return {}
    clients = opened.account.patient
    described: Any = ask(
        f"sagemaker:DescribeProcessingJob {job}",
        lambda: clients.sagemaker.describe_processing_job(ProcessingJobName=job),
    )
    outputs = described["ProcessingOutputConfig"]["Outputs"]
    place = next(each["S3Output"]["S3Uri"] for each in outputs if each["OutputName"] == _OUTPUT)
    return msgspec.json.decode(places.read(f"{place}/{_METRICS}", clients.s3), type=dict[str, float])


def next_version(model: str, present: tuple[Version, ...]) -> Version:
    """The next minor version above all that Git knows and those that are there."""
    listed = subprocess.run(
        ["git", "tag", "--list", f"{model}@v*"], cwd=ROOT, check=False, capture_output=True, text=True
    ).stdout.split()
    tagged = [parse_version(match[1]) for tag in listed if (match := _TAG.fullmatch(tag))]
    major, minor, _ = precedence(max((Version("v0.0.0"), *present, *tagged), key=precedence))
    return parse_version(f"v{major}.{minor + 1}.0")
