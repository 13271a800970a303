"""Propose a model of the latest months, once: what a schedule starts where config has `training.schedule` (docs/training.md).

python -m pipelines.proposal --env staging --model flights --registry s3://REGISTRY --data-bucket DATA --acts s3://REGISTRY/acts/flights-staging.json

It trains by the environment's own pipeline, through both gates, against the version that serves, follows it to its end, and tells a topic
what to type to have the model, or which gate stopped it. A data set that was proposed, or that a registered version is of, ends it
at once, and nobody is told.

Exit status: 0 proposed, stopped at a gate, or nothing new · 1 it could not be done · 2 usage.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.naming import VERSIONS_FOLDER
from modeldelivery.release.version import Version, parse_version
from pipelines import aws_errors, claims, places
from pipelines.acts import Outcome, Taken
from pipelines.dataset import BadDataError
from pipelines.documents import BadDocumentError
from pipelines.proposal import data as data_sets
from pipelines.proposal import decide, training
from pipelines.proposal.data import NoDataError, Published
from pipelines.proposal.training import Proposal, StoppedError, UntrainedError
from pipelines.topic import tell

_PARAMETERS = "params.yaml"  # as `modelctl train` reads it; JSON is YAML
_NO_COMMIT = "0" * 40  # a proposal registers nothing: what is named as its code is the image of its steps


class _Digests(msgspec.Struct):
    data: str


class _Record(msgspec.Struct):
    """The part of a version's record that is read here."""

    digests: _Digests


@dataclass(frozen=True)
class Clients:
    """Of AWS; SNS's is None where nobody is told."""

    s3: Any
    sagemaker: Any
    sns: Any


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.proposal", description="Propose a model of the latest months, once."
    )
    parser.add_argument("--env", required=True, help="the environment that trains, such as staging")
    parser.add_argument("--model", required=True, help="the model, such as flights")
    parser.add_argument("--registry", required=True, metavar="PLACE", help="the registry bucket, s3://BUCKET")
    parser.add_argument("--data-bucket", required=True, metavar="BUCKET", help="where data sets are")
    parser.add_argument("--acts", required=True, metavar="FILE", help="what was done so far, s3://…")
    parser.add_argument(
        "--parameters",
        default={},
        type=json.loads,
        metavar="JSON",
        help="`fit` and `evaluation` of params.yaml",
    )
    parser.add_argument("--step-image", metavar="URI", help="of the steps, by digest (default: the newest)")
    parser.add_argument("--topic", metavar="ARN", help="SNS topic that is told")
    parser.add_argument(
        "--timeout", type=int, default=18_000, metavar="SECONDS", help="for which a training is followed"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; the exit status."""
    import boto3  # noqa: PLC0415 - half a second, which --help need not wait for

    options = parser().parse_args(arguments)
    try:
        sns = boto3.client("sns") if options.topic else None
        return propose(options, Clients(boto3.client("s3"), boto3.client("sagemaker"), sns))
    except (
        BadDataError,
        BadDocumentError,
        DeliveryError,
        NoDataError,
        OSError,
        msgspec.DecodeError,
        BotoCoreError,
        ClientError,
    ) as error:
        print(f"proposal: {aws_errors.sentence(error)}", file=sys.stderr)
        return 1


def propose(options: argparse.Namespace, clients: Clients) -> int:
    """Decide and carry out; the exit status. Raises as `data.published` and `claims.claim`."""
    now = datetime.now(UTC)
    data = data_sets.latest(data_sets.published(options.data_bucket, clients.s3))
    registered = _registered(options.registry, clients.s3)
    reasons: list[str] = []

    def begin(id_: str, taken: Sequence[Taken]) -> Taken | None:
        reasons.append(decide.why_not(data, registered, taken, now))
        return None if reasons[-1] else decide.begun(id_, data, now)

    taken = claims.claim(options.acts, begin, clients.s3)
    if taken is None:
        print(f"nothing new: {reasons[-1]}")
        return 0
    outcome, sentence = carry_out(options, clients, data, training.next_version(registered))
    print(f"{outcome}: {sentence}")
    repeats = decide.repeats(sentence, data, claims.taken(options.acts, clients.s3))
    untold = (
        "" if repeats else tell(clients.sns, options.topic, f"{options.env}: a retrained model", sentence)
    )
    if untold:
        print(f"proposal: {options.topic} was not told: {untold}", file=sys.stderr)
        outcome = Outcome.FAILED
        sentence = f"{sentence} (nobody was told)"
    claims.keep(options.acts, msgspec.structs.replace(taken, outcome=outcome, sentence=sentence), clients.s3)
    return 1 if outcome is Outcome.FAILED else 0


def carry_out(
    options: argparse.Namespace, clients: Clients, data: Published, version: Version
) -> tuple[Outcome, str]:
    """Train and judge; what became of it, and the sentence that tells."""
    image = ("--step-image", options.step_image) if options.step_image else ()
    first, until = str(data.months[0]), data.until
    try:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, _PARAMETERS).write_text(json.dumps(options.parameters), encoding="utf-8")
            trained = training.train(
                Path(folder),
                *("--env", options.env, "--model", options.model, "--version", version),
                *("--data-revision", data.revision, "--first", first, "--until", str(until)),
                *("--commit", _NO_COMMIT, "--timeout", str(options.timeout), *image),
            )
        metrics = training.measured(trained, clients.sagemaker, clients.s3)
    except StoppedError as error:
        return Outcome.STOPPED, f"a model of {options.model} on {first} to {until} is not proposed: {error}"
    except (UntrainedError, BotoCoreError, ClientError) as error:
        return Outcome.FAILED, f"no model of {options.model} on {first} to {until} could be trained: {error}"
    proposal = Proposal(options.model, version, first, until, trained.execution, metrics)
    return Outcome.DONE, str(proposal)


def _registered(registry: str, s3: Any) -> dict[Version, str]:
    """Revisions of the data that registered versions are of. Raises BadVersionError, msgspec.DecodeError, ClientError."""
    return {
        parse_version(Path(name).stem): msgspec.json.decode(content, type=_Record).digests.data
        for name, content in places.below(f"{registry}/{VERSIONS_FOLDER}", ".json", s3)
    }


if __name__ == "__main__":
    sys.exit(main())
