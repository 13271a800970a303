"""Requests as clients send them: real flights of a month that the model was not trained on.

    python -m pipelines.flights.samples --count 100 [--month 2013-04] [--seed N] [--format json|csv]

JSON is a list of instances; CSV has a header (send it as `text/csv; header=present`).
"""

import argparse
import csv
import io
import sys

import msgspec

from pipelines.dataset import BadDataError
from pipelines.flights import features
from pipelines.flights.data import parse_month, read_months
from pipelines.months import Month
from pipelines.server.schema import Value

HELD_OUT = Month(2013, 4)


def sample(count: int, month: Month = HELD_OUT, seed: int = 0) -> list[dict[str, Value]]:
    """Draw instances without replacement, the same for the same arguments.

    Raises:
        BadDataError: when the month has fewer flights than `count`.
    """
    extract = features.arrived(read_months(month, month))
    if not 0 < count <= len(extract.flights):
        raise BadDataError(f"{month} has {len(extract.flights)} flights: ask for 1 to that many, not {count}")
    described = features.describe(extract)
    return features.instances(described.sample(count, random_state=seed))


def as_csv(instances: list[dict[str, Value]]) -> str:
    """CSV with a header; null is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(instances[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(instances)
    return text.getvalue()


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.flights.samples", description="Print requests for the model."
    )
    parser.add_argument("--count", type=int, default=10, metavar="N")
    parser.add_argument("--month", default=str(HELD_OUT), metavar="YYYY-MM", help=f"(default {HELD_OUT})")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the draw (default 0)")
    parser.add_argument("--format", choices=("json", "csv"), default="json")
    options = parser.parse_args(arguments)
    try:
        instances = sample(options.count, parse_month(options.month), options.seed)
    except BadDataError as error:
        parser.error(str(error))
    sys.stdout.write(
        msgspec.json.encode(instances).decode() + "\n" if options.format == "json" else as_csv(instances)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
