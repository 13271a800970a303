"""Whether what a model is asked has moved away from what it was trained on: one window, anywhere.

    python -m pipelines.data_drift --version v1.1.0 --baseline baseline.json --captured capture/ --until 2013-04-08 --reports reports/
    python -m pipelines.data_drift --version v1.1.0 --baseline baseline.json --rows week.jsonl --until 2013-04-08 --reports reports/

Each place may be S3's, `s3://BUCKET/PREFIX`. The report is written where the version's reports are, below those of the endpoint, whose
earlier ones tell whether it is the second window in a row.

Exit status: 0 judged, 1 an input is not what it should be, 2 usage; with --check also 3 drift, 4 not enough rows.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from modeldelivery.release.errors import InvalidError
from modeldelivery.release.version import Version, parse_version
from pipelines import places, verdicts
from pipelines.data_drift import command, metrics, reports
from pipelines.data_drift.command import REFUSED, UNJUDGED
from pipelines.data_drift.judge import judge
from pipelines.data_drift.report import Report, Severity
from pipelines.data_drift.tally import Tally
from pipelines.data_drift.verdict import verdict_of

DRIFT = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.data_drift",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", required=True, type=_version, metavar="vX.Y.Z", help="that answered what was captured"
    )
    command.add_options(parser)
    parser.add_argument(
        "--reports",
        required=True,
        metavar="PLACE",
        help="of the endpoint, the version's below it, earlier ones and this one: a folder or s3://…",
    )
    parser.add_argument(
        "--verdicts",
        metavar="FILE",
        help="keep the verdict here too, for `modelctl status`: a file or s3://…",
    )
    parser.add_argument("--metrics", metavar="ENDPOINT", help="tell CloudWatch, under this name")
    parser.add_argument("--check", action="store_true", help="3 for drift, 4 for not enough rows")
    options = parser.parse_args(arguments)
    try:
        client = places.client_of(options.baseline, options.captured, options.reports, options.verdicts)
        verdict = _judge(options, client)
        if options.metrics:
            metrics.tell(verdict, options.metrics)
    except Exception as error:
        if not (why := command.refusal(error)):
            raise
        print(why, file=sys.stderr)
        return REFUSED
    print(f"{verdict.severity}: {verdict.reason}")
    if not options.check:
        return 0
    return {Severity.DRIFT: DRIFT, Severity.UNJUDGED: UNJUDGED}.get(verdict.severity, 0)


def _judge(options: argparse.Namespace, client: Any) -> Report:
    """Raises BadDocumentError, OSError, ClientError."""
    window = command.window_of(options, client)
    tally = Tally(window.baseline)
    window.read(tally)
    version: Version = options.version
    earlier = reports.before(
        options.reports, version, window.baseline, window.since, window.until, client=client
    )
    report = judge(window.baseline, tally.sample(version, window.since, window.until), earlier)
    reports.write(options.reports, report, client)
    if options.verdicts:
        verdict = verdict_of(report, datetime.now(UTC))
        verdicts.keep(options.verdicts, lambda kept: kept.with_drift(version, verdict), client)
    return report


def _version(text: str) -> Version:
    try:
        return parse_version(text)
    except InvalidError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
