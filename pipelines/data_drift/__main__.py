"""Whether what a model is asked has moved away from what it was trained on: one window, anywhere.

python -m pipelines.data_drift --baseline baseline.json --captured capture/ --until 2013-04-08 --reports reports/
python -m pipelines.data_drift --baseline baseline.json --rows week.jsonl --until 2013-04-08 --reports reports/

Each place may be S3's, `s3://BUCKET/PREFIX`. The report is written where the reports are, whose earlier ones tell whether it is the
second window in a row.

Exit status: 0 judged, 1 an input is not what it should be, 2 usage; with --check also 3 drift, 4 not enough rows.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from pipelines import places
from pipelines.data_drift import command, metrics, reports
from pipelines.data_drift.baseline import BadBaselineError
from pipelines.data_drift.command import REFUSED, UNJUDGED
from pipelines.data_drift.judge import judge
from pipelines.data_drift.report import Report, Severity
from pipelines.data_drift.tally import Tally
from pipelines.documents import BadReportError

DRIFT = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.data_drift",
        description="Judge a window of requests against a model's baseline.",
    )
    command.add_options(parser)
    parser.add_argument(
        "--reports", required=True, metavar="PLACE", help="earlier ones, and this one: a folder or s3://…"
    )
    parser.add_argument("--metrics", metavar="ENDPOINT", help="tell CloudWatch, under this name")
    parser.add_argument("--check", action="store_true", help="3 for drift, 4 for not enough rows")
    options = parser.parse_args(arguments)
    try:
        verdict = _judge(options, places.client_of(options.baseline, options.captured, options.reports))
        if options.metrics:
            metrics.tell(verdict, options.metrics)
    except (BadBaselineError, BadReportError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return REFUSED
    except Exception as error:
        if not command.of_aws(error):
            raise
        print(error, file=sys.stderr)
        return REFUSED
    print(f"{verdict.severity}: {verdict.reason}")
    if not options.check:
        return 0
    return {Severity.DRIFT: DRIFT, Severity.UNJUDGED: UNJUDGED}.get(verdict.severity, 0)


def _judge(options: argparse.Namespace, client: Any) -> Report:
    """Raises BadBaselineError, BadReportError, OSError, ClientError."""
    window = command.window_of(options, client)
    tally = Tally(window.baseline)
    window.read(tally)
    earlier = reports.before(options.reports, window.baseline, window.since, window.until, client=client)
    verdict = judge(window.baseline, tally.sample(window.since, window.until), earlier)
    reports.write(options.reports, verdict, client)
    return verdict


if __name__ == "__main__":
    sys.exit(main())
