"""Act on the newest reports of an environment, once.

    python -m tools.react --env staging --quality s3://REGISTRY/quality/flights-staging --drift s3://REGISTRY/drift/flights-staging
        --acts s3://REGISTRY/acts/flights-staging --topic arn:aws:sns:…:flights-staging-alarms

`--acts` remembers what was done, so that a finding is acted upon once and no kind of act too often. `--dry-run` tells what it would do.

Exit status: 0 nothing to do, or done · 1 it could not be done · 2 usage · 3 a retrained model was stopped at a gate.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from modeldelivery.release.version import Version
from pipelines import places
from pipelines.data_drift import report as drift
from pipelines.months import Month
from pipelines.places import NothingThereError
from pipelines.quality import report as quality
from tools.model.run import RunError
from tools.react.decide import Act, Kind, Outcome, Taken, decide
from tools.react.propose import StoppedError, propose

_ENDING = ".json"
_SUBJECT = 100  # characters that SNS takes
Report = TypeVar("Report")


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.react", description="Act on the newest reports, once."
    )
    parser.add_argument("--env", required=True, help="the environment, such as staging")
    parser.add_argument("--quality", metavar="PLACE", help="reports of quality: DIR or s3://…")
    parser.add_argument("--drift", metavar="PLACE", help="reports of drift, likewise")
    parser.add_argument("--acts", required=True, metavar="PLACE", help="what was done so far, likewise")
    parser.add_argument(
        "--topic", metavar="ARN", help="SNS topic that is told; without it the sentence is only printed"
    )
    parser.add_argument(
        "--every", type=int, metavar="DAYS", help="train again after so many days, whatever the reports say"
    )
    parser.add_argument("--dry-run", action="store_true", help="tell what would be done")
    parser.add_argument("--profile", metavar="NAME", help="of AWS (default: the default chain)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; the exit status."""
    options = parser().parse_args(arguments)
    try:
        s3 = places.client_of(options.quality, options.drift, options.acts, profile=options.profile)
        sns = _sns(options.profile) if options.topic else None
        return act_on_newest(options, s3, sns)
    except (NothingThereError, OSError, ValueError, BotoCoreError, ClientError) as error:
        print(f"react: {error}", file=sys.stderr)
        return 1


def _sns(profile: str | None) -> Any:
    import boto3  # noqa: PLC0415 - half a second that whoever tells nobody need not wait for

    return boto3.Session(profile_name=profile).client("sns")


def act_on_newest(options: argparse.Namespace, s3: Any, sns: Any) -> int:
    """Decide and carry out; the exit status. Raises ValueError for a report that is none."""
    now = datetime.now(UTC)
    judged = newest(options.quality, quality.decode, lambda each: (each.last, each.first), s3)
    moved = newest(options.drift, drift.decode, lambda each: each.until, s3)
    every = None if options.every is None else timedelta(days=options.every)
    act = decide(judged, moved, _taken(options.acts, s3), now, every)
    if options.dry_run or act.kind is Kind.NOTHING:
        print(f"{'would ' if options.dry_run and act.kind is not Kind.NOTHING else ''}{act.kind}: {act.why}")
        return 0
    outcome, sentence = carry_out(act, options.env, judged)
    print(f"{act.kind}: {sentence}")
    if sns is not None:
        subject = f"{options.env}: {act.kind}"[:_SUBJECT]
        sns.publish(TopicArn=options.topic, Subject=subject, Message=sentence)
    taken = Taken(at=now, kind=act.kind, cause=act.cause, outcome=outcome)
    places.write(options.acts, f"{now:%Y%m%dT%H%M%S.%fZ}-{act.kind}{_ENDING}", msgspec.json.encode(taken), s3)
    return {Outcome.DONE: 0, Outcome.FAILED: 1, Outcome.STOPPED: 3}[outcome]


def carry_out(act: Act, environment: str, judged: quality.Report | None) -> tuple[Outcome, str]:
    """Do it; what became of it, and the sentence that tells."""
    look = f"`make page ENV={environment}` shows it"
    if act.kind is Kind.NOTIFY:
        return Outcome.DONE, f"{act.why}; {look}"
    assert judged is not None, "a proposal follows from labels"
    before = judged.last.replace(day=1) - timedelta(days=1)  # the last month that is judged on trains nothing
    try:
        proposal = propose(environment, Month(before.year, before.month), Version(judged.version))
    except StoppedError as error:
        return Outcome.STOPPED, f"{act.why}; a model trained until {before:%Y-%m} is no better: {error}"
    except RunError as error:
        return Outcome.FAILED, f"{act.why}; no model could be trained: {error}"
    return Outcome.DONE, f"{act.why}; {proposal}"


def newest(
    place: str | None, decode: Callable[[bytes, str], Report], order: Callable[[Report], Any], s3: Any
) -> Report | None:
    """The newest report below a place; None where there is none yet.

    Raises:
        ValueError: one is none.
    """
    if place is None or not places.exists(place):
        return None
    return max(
        (decode(content, where) for where, content in places.below(place, _ENDING, s3)),
        key=order,
        default=None,
    )


def _taken(place: str, s3: Any) -> list[Taken]:
    if not places.exists(place):
        return []
    return [msgspec.json.decode(content, type=Taken) for _, content in places.below(place, _ENDING, s3)]


if __name__ == "__main__":
    sys.exit(main())
