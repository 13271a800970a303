"""The report of a window for people, drawn by Evidently, in an environment of its own (`make setup-drift`).

    .venv-drift/bin/python -m pipelines.data_drift.page --baseline baseline.json --captured capture/ --until 2013-04-08 --out drift.html

Every column is drawn with the statistic that the verdict is made of: how many times its limit it reaches. So the two cannot
disagree. Evidently's own index has bins of equal width, where one outlier in a hundred thousand hides a shift of half a standard
deviation. What it draws as reference is a sample made from the baseline's bins: the baseline keeps no examples.

Exit status: 0 drawn, 1 an input is not what it should be, 2 usage, 4 not enough rows.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines import places
from pipelines.data_drift import command
from pipelines.data_drift.command import REFUSED, UNJUDGED
from pipelines.data_drift.drawing import Table
from pipelines.data_drift.judge import LEAST_ROWS


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.data_drift.page",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_options(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the page, HTML")
    options = parser.parse_args(arguments)
    for place in (options.baseline, options.captured):
        if place and places.remote(place):
            parser.error(
                f"{place}: Evidently's environment has no client of S3; copy it first: `aws s3 cp --recursive {place} FOLDER`, without "
                "--recursive for one file"
            )
    try:
        window = command.window_of(options, None)
        table = Table(window.baseline)
        window.read(table)
        if len(table.requests) < LEAST_ROWS:
            print(
                f"{len(table.requests):,} rows: a verdict needs {LEAST_ROWS:,}, and so does its page",
                file=sys.stderr,
            )
            return UNJUDGED
        os.environ["DO_NOT_TRACK"] = (
            "1"  # before Evidently is imported, which otherwise tells its makers of each run
        )
        from pipelines.data_drift import evidently_report  # noqa: PLC0415 - as above

        left = evidently_report.write(window.baseline, table.columns(), options.out)
    except Exception as error:
        if not (why := command.refusal(error)):
            raise
        print(why, file=sys.stderr)
        return REFUSED
    print(f"{options.out}: {len(table.requests):,} rows")
    if left:
        print(f"not drawn, without any value in this window or in training: {', '.join(left)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
