"""The options by which a window is named, of the program that judges it and of the one that draws it."""

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from modeldelivery.release.verdicts import LONGEST_WINDOW
from pipelines import aws_errors, places
from pipelines.data_drift import baseline, window
from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.window import Sink
from pipelines.documents import BadDocumentError
from pipelines.options import days

REFUSED, UNJUDGED = 1, 4  # exit statuses of both
_FIRST_YEAR = 1970  # that a window may end in
DAYS = 7  # of a window: as long as the windows of the baseline's history


@dataclass(frozen=True)
class Window:
    """What is judged or drawn.

    Attributes:
        baseline: of the model that answered.
        since: when it begins.
        until: when it ends.
        captured: place of captured lines; None where there is a file of rows.
        rows: that file.
        client: of S3; None where no place is S3's.
    """

    baseline: Baseline
    since: datetime
    until: datetime
    captured: str | None
    rows: Path | None
    client: Any

    def read(self, into: Sink) -> None:
        """All rows of it. Raises OSError, ClientError."""
        if self.captured:
            window.captured(self.captured, self.baseline, self.since, self.until, into, client=self.client)
        elif self.rows:
            window.rows(self.rows, self.baseline, into)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which baseline, which rows, which days."""
    parser.add_argument(
        "--baseline",
        required=True,
        metavar="PLACE",
        help="evidence of the version, baseline.json: a file or s3://…",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--captured", metavar="PLACE", help="lines of data capture, *.jsonl below it: a folder or s3://…"
    )
    source.add_argument("--rows", type=Path, metavar="FILE", help="a JSON object with the features a line")
    parser.add_argument(
        "--until",
        required=True,
        type=_moment,
        metavar="TIME",
        help="end of the window, YYYY-MM-DD[THH:MM], UTC",
    )
    parser.add_argument(
        "--days",
        type=days(LONGEST_WINDOW.days),
        default=DAYS,
        help=f"length of the window; {DAYS} by default",
    )


def refusal(error: Exception) -> str:
    """Of an error that is of the inputs, or on the way to them, the sentence; "" of any other, which is a bug."""
    if isinstance(error, BadDocumentError) or aws_errors.of_aws(error):
        return aws_errors.sentence(error)
    return f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else ""


def window_of(options: argparse.Namespace, client: Any) -> Window:
    """The window of parsed options. Raises BadDocumentError, OSError, ClientError."""
    until: datetime = options.until
    return Window(
        baseline.decode(places.read(options.baseline, client), options.baseline),
        until - timedelta(days=options.days),
        until,
        options.captured,
        options.rows,
        client,
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r}: write YYYY-MM-DD or YYYY-MM-DDTHH:MM, UTC") from None
    now = datetime.now(UTC)
    if moment > now:
        raise argparse.ArgumentTypeError(
            f"{text!r} is still to come: it is {now:%Y-%m-%dT%H:%M} (UTC), and a window is judged when it is over"
        )
    if moment.year < _FIRST_YEAR:
        raise argparse.ArgumentTypeError(f"{text!r} is before {_FIRST_YEAR}")
    return moment
