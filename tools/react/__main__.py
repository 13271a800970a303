"""Act on the newest reports of an environment, once.

    python -m tools.react --env staging --topic arn:aws:sns:…:flights-staging-alarms
    python -m tools.react --env staging --quality quality/ --drift drift/ --acts acts.json --dry-run

Reports and acts are the registry's, or where `--quality`, `--drift` and `--acts` say. What was done is remembered there, so that a finding is
acted upon once and no kind of act too often, however many run this at the same time. Of the registry's reports those of versions that
have traffic count. `--dry-run` tells what it would do.

Exit status: 0 nothing to do, or done · 1 it could not be done · 2 usage · 3 a retrained model was stopped at a gate.
"""

import argparse
import re
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from modeldelivery.release.aws.environment import open_environment
from modeldelivery.release.aws.session import profile_for
from modeldelivery.release.core import weights
from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.terminal import program
from pipelines import aws_errors, claims, places
from pipelines.acts import Kind, Outcome, Taken
from pipelines.data_drift import report as drift
from pipelines.months import Month
from pipelines.options import days
from pipelines.places import NothingThereError
from pipelines.proposal.training import StoppedError, UntrainedError
from pipelines.quality import report as quality
from pipelines.topic import tell
from tools.model.run import RunError, parameters
from tools.react.decide import Act, decide, newest
from tools.react.propose import propose

_PROGRAM = "react"
_ENDING = ".json"
_SELDOM = 3650  # days between two trainings at most
_TOPIC = re.compile(r"arn:aws:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}")
Report = TypeVar("Report")


@dataclass(frozen=True)
class World:
    """What is read, written and told.

    Attributes:
        quality: place of reports.
        drift: place of reports.
        acts: the document of acts.
        serving: versions with traffic; None where that is not known, and all count.
        s3: a client; None where no place is S3's.
        sns: a client; None where nobody is told.
    """

    quality: str
    drift: str
    acts: str
    serving: Collection[str] | None
    s3: Any
    sns: Any


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.react",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--env", required=True, help="the environment, such as staging")
    parser.add_argument(
        "--quality", metavar="PLACE", help="reports of quality: DIR or s3://… (default: the registry's)"
    )
    parser.add_argument("--drift", metavar="PLACE", help="reports of drift, likewise")
    parser.add_argument("--acts", metavar="FILE", help="what was done so far, likewise")
    parser.add_argument(
        "--topic",
        type=_topic,
        metavar="ARN",
        help="SNS topic that is told; without it the sentence is only printed",
    )
    parser.add_argument(
        "--every",
        type=days(_SELDOM),
        metavar="DAYS",
        help="train again after so many days, whatever the reports say",
    )
    parser.add_argument("--dry-run", action="store_true", help="tell what would be done")
    parser.add_argument("--profile", metavar="NAME", help="of AWS (default: the environment's)")
    return parser


def _topic(text: str) -> str:
    if not _TOPIC.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r}: write arn:aws:sns:REGION:ACCOUNT:NAME")
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; the exit status."""

    def work() -> int:
        options = parser().parse_args(arguments)
        try:
            return act_on_newest(options, _world(options))
        except (
            DeliveryError,
            RunError,
            NothingThereError,
            OSError,
            ValueError,
            BotoCoreError,
            ClientError,
        ) as error:
            program.complain(_PROGRAM, aws_errors.sentence(error))
            return 1

    return program.run(
        _PROGRAM,
        work,
        "interrupted; what was begun is in the acts, and counts as failed after twelve hours",
        own=arguments is None,
    )


def _world(options: argparse.Namespace) -> World:
    """Raises DeliveryError where the environment cannot be opened, botocore's errors where a client cannot be made."""
    sns = _sns(options.topic, options.profile or profile_for(options.env)) if options.topic else None
    if options.quality and options.drift and options.acts:
        s3 = places.client_of(options.quality, options.drift, options.acts, profile=options.profile)
        return World(options.quality, options.drift, options.acts, None, s3, sns)
    opened = open_environment(
        parse_model(parameters()["model"]), parse_environment(options.env), profile=options.profile
    )
    place, registry = opened.place, f"s3://{opened.place.registry_bucket}"
    journal = opened.endpoint.patient_store.read().journal
    return World(
        quality=options.quality or f"{registry}/quality/{place.endpoint}",
        drift=options.drift or f"{registry}/drift/{place.endpoint}",
        acts=options.acts or f"{registry}/{place.acts_key}",
        serving=weights.traffic(journal.weights) if journal.weights else None,
        s3=opened.account.patient.s3,
        sns=sns,
    )


def _sns(topic: str, profile: str | None) -> Any:
    """A client in the topic's region, of that profile; of the default chain where there is none."""
    import boto3  # noqa: PLC0415 - half a second that whoever tells nobody need not wait for

    return boto3.Session(profile_name=profile).client("sns", region_name=topic.split(":")[3])


def act_on_newest(options: argparse.Namespace, world: World) -> int:
    """Decide and carry out; the exit status. Raises ValueError for a report that is none."""
    now = datetime.now(UTC)
    reports = newest(
        _reports(world.quality, quality.decode, world.s3), _reports(world.drift, drift.decode, world.s3)
    ).of(world.serving)
    every = None if options.every is None else timedelta(days=options.every)
    if options.dry_run:
        act = decide(reports, claims.taken(world.acts, world.s3), now, every)
        print(f"{'would ' if act.kind is not Kind.NOTHING else ''}{act.kind}: {act.why}")
        return 0
    decided: list[Act] = []

    def begin(id_: str, earlier: Sequence[Taken]) -> Taken | None:
        decided.append(act := decide(reports, earlier, now, every))
        return None if act.kind is Kind.NOTHING else _begun(id_, act, now)

    taken = claims.claim(world.acts, begin, world.s3)
    act = decided[-1]
    if taken is None:
        print(f"{act.kind}: {act.why}")
        return 0
    outcome, sentence = carry_out(act, options.env)
    print(f"{act.kind}: {sentence}")
    untold = tell(world.sns, options.topic, f"{options.env}: {act.kind}", sentence)
    if untold:
        program.complain(_PROGRAM, f"{options.topic} was not told: {untold}")
        outcome = Outcome.FAILED if act.kind is Kind.NOTIFY else outcome
    claims.keep(world.acts, msgspec.structs.replace(taken, outcome=outcome, sentence=sentence), world.s3)
    return 1 if untold else {Outcome.DONE: 0, Outcome.FAILED: 1, Outcome.STOPPED: 3}[outcome]


def _begun(id_: str, act: Act, now: datetime) -> Taken:
    """The act, before it is carried out."""
    return Taken(
        id=id_,
        at=now,
        kind=act.kind,
        cause=act.cause,
        version=act.version,
        outcome=Outcome.BEGUN,
        sentence=act.why,
    )


def carry_out(act: Act, environment: str) -> tuple[Outcome, str]:
    """Do it; what became of it, and the sentence that tells."""
    if act.kind is Kind.NOTIFY:
        return Outcome.DONE, f"{act.why}; `make page ENV={environment}` shows it"
    assert act.judged is not None, "a proposal follows from labels"
    before = act.judged.last.replace(day=1) - timedelta(
        days=1
    )  # the last month that is judged on trains nothing
    until = f"{before:%Y-%m}"
    try:
        proposal = propose(Month(before.year, before.month))
    except StoppedError as error:
        return Outcome.STOPPED, f"{act.why}; a model trained until {until} is no better: {error}"
    except (RunError, UntrainedError, DeliveryError, OSError, BotoCoreError, ClientError) as error:
        return Outcome.FAILED, f"{act.why}; no model could be trained: {error}"
    return Outcome.DONE, f"{act.why}; {proposal}"


def _reports(place: str, decode: Callable[[bytes, str], Report], s3: Any) -> list[Report]:
    """Every report below a place; none where there is no folder yet. Raises ValueError: one is none."""
    if not places.exists(place):
        return []
    return [decode(content, where) for where, content in places.below(place, _ENDING, s3)]


if __name__ == "__main__":
    sys.exit(main())
