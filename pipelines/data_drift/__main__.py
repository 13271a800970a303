"""Whether what a model is asked has moved away from what it was trained on: one window, anywhere.

python -m pipelines.data_drift --baseline baseline.json --captured capture/ --until 2013-04-08 --reports reports/
python -m pipelines.data_drift --baseline baseline.json --rows week.jsonl --until 2013-04-08 --reports reports/

The report is written into the folder of reports, whose earlier ones tell whether it is the second window in a row.

Exit status: 0 judged, 1 an input is not what it should be, 2 usage; with --check also 3 drift, 4 not enough rows.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.data_drift import baseline, reports, window
from pipelines.data_drift.baseline import BadBaselineError
from pipelines.data_drift.judge import judge
from pipelines.data_drift.report import BadReportError, Report, Severity

REFUSED, DRIFT, UNJUDGED = 1, 3, 4
DAYS = 7  # of a window: as long as the windows of the baseline's history


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.data_drift",
        description="Judge a window of requests against a model's baseline.",
    )
    parser.add_argument(
        "--baseline", required=True, type=Path, metavar="FILE", help="evidence of the version, baseline.json"
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--captured", type=Path, metavar="DIR", help="lines of data capture, *.jsonl below it"
    )
    source.add_argument("--rows", type=Path, metavar="FILE", help="a JSON object with the features a line")
    parser.add_argument(
        "--until",
        required=True,
        type=_moment,
        metavar="TIME",
        help="end of the window, YYYY-MM-DD[THH:MM], UTC",
    )
    parser.add_argument("--days", type=int, default=DAYS, help=f"length of the window; {DAYS} by default")
    parser.add_argument(
        "--reports", required=True, type=Path, metavar="DIR", help="earlier ones, and this one"
    )
    parser.add_argument("--check", action="store_true", help="3 for drift, 4 for not enough rows")
    options = parser.parse_args(arguments)
    if options.days < 1:
        parser.error(f"--days {options.days}: a window is a day long at least")
    try:
        verdict = _judge(options)
    except (BadBaselineError, BadReportError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return REFUSED
    print(f"{verdict.severity}: {verdict.reason}")
    if not options.check:
        return 0
    return {Severity.DRIFT: DRIFT, Severity.UNJUDGED: UNJUDGED}.get(verdict.severity, 0)


def _judge(options: argparse.Namespace) -> Report:
    """Raises BadBaselineError, BadReportError, OSError."""
    reference = baseline.decode(options.baseline.read_bytes(), str(options.baseline))
    until: datetime = options.until
    since = until - timedelta(days=options.days)
    if options.rows:
        sample = window.rows(options.rows, reference, since, until)
    else:
        next(
            options.captured.iterdir(), None
        )  # a folder that is not there is a mistake, not a week without requests
        sample = window.captured(options.captured, reference, since, until)
    earlier = reports.before(options.reports, reference, since, until)
    verdict = judge(reference, sample, earlier)
    reports.write(options.reports, verdict)
    return verdict


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write YYYY-MM-DD or YYYY-MM-DDTHH:MM, UTC") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


if __name__ == "__main__":
    sys.exit(main())
