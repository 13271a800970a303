"""Judge what a version predicted, once labels are in.

    python -m pipelines.quality --recipe flights --version v1.1.0 --model model.tar.gz --evaluation evaluation.json
        --captured s3://BUCKET/capture/flights-staging --labels s3://BUCKET/labels/flights-staging
        --first 2013-10-01 --last 2013-10-31 --reports s3://BUCKET/quality/flights-staging

`--captured` is the endpoint's folder: below it each version has one of its own. `--reports` holds those of earlier windows, against
which this one is held, and gets the new one. Places are folders or `s3://`.

`--verdicts` keeps the verdict where `modelctl status` looks too.

Exit status: 0 judged, and not worse · 1 an input is not what it should be · 2 usage · 3 judged, and worse.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from modeldelivery.release.errors import InvalidError
from modeldelivery.release.naming import variant_name
from modeldelivery.release.verdicts import LONGEST_WINDOW
from modeldelivery.release.version import parse_version
from pipelines import aws_errors, capture, places, recipe, verdicts
from pipelines.capture import Captured, CaptureError
from pipelines.documents import BadDocumentError
from pipelines.gates import report as evaluations
from pipelines.gates import thresholds
from pipelines.gates.thresholds import BadThresholdsError
from pipelines.ground_truth import GroundTruthError
from pipelines.package import BadArchiveError, unpack
from pipelines.places import NothingThereError
from pipelines.quality import labels, predictions, report, showing
from pipelines.quality.figures import figures
from pipelines.quality.judge import Window, judge
from pipelines.quality.report import Report
from pipelines.quality.showing import OverlapError
from pipelines.quality.verdict import verdict_of
from pipelines.quality.window import labelled
from pipelines.recipe import BadRecipeError
from pipelines.server import artifact, verify
from pipelines.server.model import BadModelError

WORSE = 3


class BadInputError(ValueError):
    """An input that is not what it should be."""


_MISTAKES = (
    BadArchiveError,
    BadInputError,
    BadModelError,
    BadRecipeError,
    BadDocumentError,
    BadThresholdsError,
    BotoCoreError,
    ClientError,
    GroundTruthError,
    InvalidError,
    NothingThereError,
    OSError,
    OverlapError,
)


def run(options: argparse.Namespace, client: Any) -> tuple[Report, str]:
    """Judge; the report, and where it was written.

    Raises:
        `_MISTAKES`: an input is missing or not what it should be.
    """
    brought = recipe.find(options.recipe)
    version = parse_version(options.version)
    model = verify.read(artifact.pack(unpack(options.model)))
    evaluation = _evaluation(options.evaluation, model.digest)
    demands = thresholds.read(brought.thresholds, model.schema.output)
    others: set[str] = set()
    variant = variant_name(version)
    captured = _captured(options.captured, variant, others, client)
    predicted = predictions.read(captured, model, brought.groups)
    truths = labels.read(places.below(options.labels, ".jsonl", client), model.schema.output)
    window = labelled(predicted, truths, others, options.first, options.last)
    if not window.joined.cases:
        raise BadInputError(
            f"{options.captured.rstrip('/')}/{variant}: no case from {options.first} to {options.last} has a label: "
            f"{window.joined.unlabelled:,} predictions have none, {window.joined.unanswered:,} labels have no prediction; "
            "nothing is judged"
        )
    earlier = [
        report.decode(content, where) for where, content in _reports(options.reports, options.version, client)
    ]
    judged = judge(
        Window(
            model=brought.name,
            version=options.version,
            digest=model.digest,
            first=options.first,
            last=options.last,
            joined=window.joined,
            cases=window.cases,
            predictions=window.outputs,
        ),
        model.schema.output,
        showing.of(evaluation, earlier, model.digest, options.first),
        demands,
    )
    if options.verdicts:
        verdict = verdict_of(judged, datetime.now(UTC))
        verdicts.keep(options.verdicts, lambda kept: kept.with_quality(version, verdict), client)
    # Last: a window of which there is a report is judged, and `make year` does not judge it again.
    return judged, places.write(options.reports, judged.file_name, report.encode(judged), client)


def _captured(place: str, variant: str, others: set[str], client: Any) -> Iterator[Captured | CaptureError]:
    """Lines of a variant; ids of the other variants' are put into `others`."""
    for where, content in places.below(place, ".jsonl", client):
        lines = capture.read_all(content.splitlines(), where)
        if places.within(place, where).partition("/")[0] == variant:
            yield from lines
        else:
            others.update(line.inference or line.event for line in lines if isinstance(line, Captured))


def _evaluation(path: Path, digest: str) -> evaluations.Report:
    try:
        evaluation = evaluations.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise BadInputError(f"{path}: no report of an evaluation: {error}") from error
    if evaluation.challenger.digest != digest:
        raise BadInputError(
            f"{path} judged the model {evaluation.challenger.digest}, and --model is {digest}"
        )
    return evaluation


def _reports(place: str, version: str, client: Any) -> Iterator[tuple[str, bytes]]:
    """None where there is no folder yet."""
    below = f"{place.rstrip('/')}/{version}"
    if places.exists(below):
        yield from places.below(below, ".json", client)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--recipe", required=True, metavar="MODEL", help="whose slices and thresholds hold")
    parser.add_argument("--version", required=True, metavar="vX.Y.Z", help="that predicted")
    parser.add_argument("--model", required=True, type=Path, metavar="FILE", help="its model.tar.gz")
    parser.add_argument("--evaluation", required=True, type=Path, metavar="FILE", help="its evaluation.json")
    parser.add_argument("--captured", required=True, metavar="PLACE", help="of the endpoint: DIR or s3://…")
    parser.add_argument("--labels", required=True, metavar="PLACE", help="ground truth: DIR or s3://…")
    parser.add_argument("--reports", required=True, metavar="PLACE", help="read and written: DIR or s3://…")
    parser.add_argument("--verdicts", metavar="FILE", help="of the environment: a file or s3://…")
    parser.add_argument("--first", required=True, type=date.fromisoformat, metavar="DAY", help="YYYY-MM-DD")
    parser.add_argument("--last", required=True, type=date.fromisoformat, metavar="DAY", help="included")
    parser.add_argument("--cloudwatch", metavar="ENDPOINT", help="put the figures there, as this endpoint's")
    parser.add_argument("--profile", metavar="NAME", help="of AWS (default: the default chain)")
    options = parser.parse_args(arguments)
    if wrong := _not_days(options.first, options.last):
        parser.error(wrong)
    try:
        client = places.client_of(
            options.captured, options.labels, options.reports, options.verdicts, profile=options.profile
        )
        judged, where = run(options, client)
        if options.cloudwatch:
            import boto3  # noqa: PLC0415 - half a second that whoever tells nobody need not wait for

            boto3.Session(profile_name=options.profile).client("cloudwatch").put_metric_data(
                **figures(judged, options.cloudwatch)
            )
    except _MISTAKES as error:
        print(f"quality: {aws_errors.sentence(error)}", file=sys.stderr)
        return 1
    print(f"{judged.verdict}: {judged.reason}\n{where}")
    return WORSE if judged.verdict == "worse" else 0


def _not_days(first: date, last: date) -> str:
    """Why these are no window that can be judged; "" where they are one."""
    today = datetime.now(UTC).date()
    if last < first:
        return f"--last {last} is before --first {first}"
    if last - first >= LONGEST_WINDOW:
        return f"--first {first} to --last {last}: a window has {LONGEST_WINDOW.days} days at most"
    return f"--last {last} is still to come: today is {today} (UTC)" if last > today else ""


if __name__ == "__main__":
    sys.exit(main())
