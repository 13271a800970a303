"""Months of flights played through an endpoint, and what became of them, as if each day were lived again.

    python -m pipelines.flights.play requests --endpoint flights-staging --first 2013-04 --until 2013-10
    python -m pipelines.flights.play labels --to s3://BUCKET/labels/flights-staging --first 2013-04 --until 2013-10

The flights of an hour are one invocation, whose `InferenceId` is that hour on New York's clock and whose custom attributes say when it is: what is
captured is then of 2013, whenever it is played. An hour that was captured before (`--captured`) is not asked about again, so that a run which
was interrupted can be repeated and nothing counts twice. Labels are written by the same ids at any later time. Flights that were cancelled or diverted
are asked about like all others, and never get a label.

Exit status: 0 played, 1 it cannot be, and why, 2 usage.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import msgspec
import pandas as pd
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipelines import aws_errors, capture, ground_truth, places
from pipelines.capture import Captured
from pipelines.dataset import BadDataError
from pipelines.flights import features
from pipelines.flights.data import parse_month, read_months
from pipelines.ground_truth import Truth
from pipelines.months import Month, check_order
from pipelines.server.schema import Value

CLIENTS = 4


@dataclass(frozen=True)
class Hour:
    """Flights that are due to leave within an hour.

    Attributes:
        name: of the invocation.
        moment: when the hour begins, on the clock of New York.
        instances: as a client sends them.
        truths: of those that arrived.
    """

    name: str
    moment: datetime
    instances: list[dict[str, Value]]
    truths: list[Truth]

    @property
    def label_file(self) -> str:
        """Where its labels lie below the labels' place."""
        return f"{ground_truth.folder_of(self.moment)}{self.name}.jsonl"


def hours(first: Month, until: Month) -> Iterator[Hour]:
    """Each hour with flights, from the first day of a month to the last of another.

    Raises:
        BadDataError: the data lacks a month, or the last is before the first.
    """
    check_order(first, until)
    extract = read_months(first, until)
    described = features.describe(extract)
    flights = extract.flights.assign(
        arrived=extract.flights["arr_delay"].notna(),
        late=features.late(extract),
        clock=pd.to_datetime(extract.flights[["year", "month", "day", "hour"]]),  # New York's
    )
    for _, day in flights.groupby(["year", "month", "day"], sort=True):
        instances = features.instances(described.loc[day.index])
        for _, rows in day.reset_index(drop=True).groupby("time_hour", sort=True):
            local, universal = rows["clock"].iloc[0], rows["time_hour"].iloc[0]
            name = f"{local:%Y-%m-%dT%H}"
            outcomes = zip(rows["arrived"], rows["late"], strict=True)
            yield Hour(
                name=name,
                moment=_with_offset(local.to_pydatetime(), universal.to_pydatetime()),
                instances=[instances[place] for place in rows.index],
                truths=[
                    Truth(inference=name, row=row, value=str(int(late)))
                    for row, (arrived, late) in enumerate(outcomes)
                    if arrived
                ],
            )


def _with_offset(local: datetime, universal: datetime) -> datetime:
    """A local hour, with how far its clock is from UTC."""
    return local.replace(tzinfo=timezone(local - universal.replace(tzinfo=None)))


def request(endpoint: str, hour: Hour) -> dict[str, Any]:
    """Of InvokeEndpoint."""
    return {
        "EndpointName": endpoint,
        "ContentType": "application/json",
        "Body": msgspec.json.encode(hour.instances),
        "InferenceId": hour.name,
        "CustomAttributes": f"{capture.MOMENT}{hour.moment.isoformat()}",
    }


def captured_before(place: str, s3: Any) -> set[str]:
    """Ids of the invocations whose lines are below a place; none where there is no folder.

    Raises:
        OSError: a file cannot be read.
        botocore.exceptions.ClientError: S3 refuses.
    """
    if not places.exists(place):
        return set()
    return {
        line.inference
        for where, content in places.below(place, ".jsonl", s3)
        for line in capture.read_all(content.splitlines(), where)
        if isinstance(line, Captured) and line.inference is not None
    }


def send(client: Any, endpoint: str, played: Iterable[Hour]) -> str:
    """Send each hour; how many requests and flights there were.

    Raises:
        botocore.exceptions.ClientError: a request is not answered with predictions.
    """

    def ask(hour: Hour) -> int:
        client.invoke_endpoint(**request(endpoint, hour))["Body"].read()
        return len(hour.instances)

    with ThreadPoolExecutor(CLIENTS) as pool:
        sizes = list(pool.map(ask, played))
    return f"{len(sizes):,} requests with {sum(sizes):,} flights"


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.flights.play",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acts = parser.add_subparsers(dest="act", required=True, metavar="requests|labels")
    requests = acts.add_parser("requests", help="ask an endpoint about each flight")
    requests.add_argument("--endpoint", required=True, metavar="NAME", help="such as flights-staging")
    requests.add_argument(
        "--captured",
        metavar="PLACE",
        help="lines of the version that serves, DIR or s3://…: what is there is not asked about again",
    )
    labels = acts.add_parser("labels", help="write what became of them")
    labels.add_argument("--to", required=True, metavar="PLACE", help="DIR or s3://BUCKET/PREFIX")
    for act in (requests, labels):
        act.add_argument("--first", required=True, metavar="YYYY-MM", help="month")
        act.add_argument("--until", required=True, metavar="YYYY-MM", help="month, included")
        act.add_argument("--profile", metavar="NAME", help="of AWS (default: the default chain)")
    options = parser.parse_args(arguments)
    try:
        played = hours(parse_month(options.first), parse_month(options.until))
        if options.act == "requests":
            import boto3  # noqa: PLC0415 - half a second that whoever writes labels to a folder need not wait for

            session = boto3.Session(profile_name=options.profile)
            client = session.client("sagemaker-runtime", config=Config(max_pool_connections=CLIENTS))
            before: set[str] = set()
            if options.captured:
                s3 = places.client_of(options.captured, profile=options.profile)
                before = captured_before(options.captured, s3)
            print(send(client, options.endpoint, (hour for hour in played if hour.name not in before)))
        else:
            s3 = places.client_of(options.to, profile=options.profile)
            truths = [
                (hour.label_file, ground_truth.encode(hour.truths), len(hour.truths))
                for hour in played
                if hour.truths
            ]
            for name, content, _ in truths:
                places.write(options.to, name, content, s3)
            print(
                f"{sum(count for *_, count in truths):,} labels in {len(truths):,} files below {options.to}"
            )
    except (BadDataError, BotoCoreError, ClientError, OSError) as error:
        print(f"play: {aws_errors.sentence(error)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
