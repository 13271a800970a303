"""A retrained model, proposed: the environment's own pipeline on the months up to now, through both gates, and ended before it registers anything."""

import re
import subprocess
import sys

from modeldelivery.release.aws.environment import open_environment
from modeldelivery.release.core import weights
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.release.version import Version, parse_version
from modeldelivery.terminal.steps import step
from pipelines import dataset
from pipelines.months import Month
from pipelines.proposal.training import Proposal, measured, next_version, train
from tools.model.__main__ import trains
from tools.model.run import ROOT, call_module, parameters, pull

DATASET = ROOT / "build" / "proposal" / "dataset"
_TAG = re.compile(r"[^@]+@(v\d+\.\d+\.\d+)")


def propose(until: Month) -> str:
    """Train on everything up to a month, judge on the one after it; the sentence that proposes the model.

    It is trained where tags are: in the environment that config says trains, against the model that serves there.

    Args:
        until: the last month that trains.

    Raises:
        StoppedError: a gate stopped it.
        UntrainedError: it could not be trained or judged.
        RunError: its data could not be got.
        DeliveryError, botocore.exceptions.ClientError: AWS refused a call, or does not answer.
    """
    given, environment = parameters(), trains(ROOT)
    model, first = str(given["model"]), str(given["months"]["first"])
    opened = open_environment(parse_model(model), parse_environment(environment))
    journal = opened.endpoint.patient_store.read().journal
    version = next_version((*journal.fleet, *weights.traffic(journal.weights), *_tagged(model)))
    revision = _data(environment, model, first, until, opened.place.data_bucket)
    trained = train(
        ROOT,
        *("--env", environment, "--model", model, "--version", version, "--data-revision", revision),
        *("--first", first, "--until", str(until)),
    )
    clients = opened.account.patient
    metrics = measured(trained, clients.sagemaker, clients.s3)
    return str(Proposal(model, version, first, until, trained.execution, metrics))


def _data(environment: str, model: str, first: str, until: Month, bucket: str) -> str:
    """The months where the pipeline reads them; their revision."""
    pull(environment)
    months = ("--first", first, "--until", until)
    with step("pipelines.assemble", sys.stderr):
        call_module(environment, "pipelines.assemble", "--model", model, *months, "--out", DATASET)
    with step("pipelines.publish", sys.stderr):
        call_module(environment, "pipelines.publish", DATASET, "--bucket", bucket)
    return dataset.read_manifest(DATASET).revision


def _tagged(model: str) -> list[Version]:
    """The versions of which Git knows a tag."""
    listed = subprocess.run(
        ["git", "tag", "--list", f"{model}@v*"], cwd=ROOT, check=False, capture_output=True, text=True
    ).stdout.split()
    return [parse_version(match[1]) for tag in listed if (match := _TAG.fullmatch(tag))]
