"""Play months of flights through the endpoint of an environment, judge each as it is over, and act on what is found.

    make year ENV=staging
    python -m tools.year --env staging --by-schedule --first 2013-04 --until 2013-10

Of each month: every flight is asked about, the weeks that ended are judged for drift, labels come, the month is judged by them, and
`python -m tools.react` acts. The page of the environment is written at the end. Each line is what one of the project's programs said.
With --by-schedule the environment's own jobs judge the weeks, when `sandbox clock` comes to their times; else a program does it here.
A month of which there is a report of quality is not played again, so that a run that was interrupted goes on; within a month it asks about
the flights of which no line was captured.

Exit status: 0 played · 1 it could not be, and why · 2 usage.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from modeldelivery.release.aws.environment import AwsEnvironment, open_environment
from modeldelivery.release.aws.session import profile_for
from modeldelivery.release.core import weights
from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.naming import (
    CAPTURE_FOLDER,
    DRIFT_FOLDER,
    artifact_key,
    evidence_key,
    parse_environment,
    parse_model,
    variant_name,
)
from modeldelivery.release.version import Version
from modeldelivery.terminal import program
from pipelines import aws_errors, places
from pipelines.data_drift import reports
from pipelines.dataset import BadDataError
from pipelines.months import check_order, parse_month
from tools.model.run import BUILD, RunError, call, call_module, parameters
from tools.year.calendar import Judged, months
from tools.year.jobs import Jobs, NoJobError

NAME = "year"
_FLUSHED = 60.0  # seconds without a new captured line after which none is awaited: a sample is captured, or lines were lost
_LOOK = 2.0  # seconds between two looks
_WORSE, _STOPPED = 3, 3  # statuses of pipelines.quality and of tools.react that are results
_EVALUATION, _BASELINE = "evaluation.json", "baseline.json"
_SANDBOX = Path(sys.executable).parent / "sandbox"


class YearError(Exception):
    """Why it cannot be played; a sentence."""


@dataclass(frozen=True)
class Stage:
    """An environment whose endpoint captures, and the version that serves there.

    Attributes:
        opened: the environment.
        version: that serves.
        folder: with what judges of it need: its model, its evaluation.
        baseline: `s3://` of it.
        lines: what is captured.
    """

    opened: AwsEnvironment
    version: Version
    folder: Path
    baseline: str
    lines: "Captured"

    @property
    def endpoint(self) -> str:
        return self.opened.place.endpoint

    @property
    def captured(self) -> str:
        return self.below(CAPTURE_FOLDER)

    @property
    def s3(self) -> Any:
        return self.opened.account.patient.s3

    def below(self, kind: str) -> str:
        """What the registry has of a kind: captured lines, labels, reports."""
        return f"s3://{self.opened.place.registry_bucket}/{kind}/{self.endpoint}"

    def run(self, module: str, *arguments: object, results: Sequence[int] = (0,)) -> str:
        """One of the project's programs in the environment; the first line that it prints. Raises RunError."""
        output = call_module(self.opened.place.environment, module, *arguments, results=results)
        return output.partition("\n")[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.year", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--env", required=True, help="the environment, such as staging")
    parser.add_argument("--first", default="2013-04", metavar="YYYY-MM", help="month (default: %(default)s)")
    parser.add_argument(
        "--until", default="2013-10", metavar="YYYY-MM", help="included (default: %(default)s)"
    )
    parser.add_argument(
        "--by-schedule",
        action="store_true",
        help="weeks are judged by the jobs of model-delivery:drift, on the sandbox's clock",
    )
    parser.add_argument("--dry-run", action="store_true", help="tell what would follow, and train nothing")
    options = parser.parse_args(arguments)
    return program.run(
        NAME,
        lambda: _played(options),
        "interrupted. Run it again: it goes on where it was",
        own=arguments is None,
    )


def _played(options: argparse.Namespace) -> int:
    try:
        first, until = parse_month(options.first), parse_month(options.until)
        check_order(first, until)
        stage = _stage(options.env)
        jobs = _jobs(stage) if options.by_schedule else None
        try:
            _play_all(stage, jobs, list(months(first, until)), dry_run=options.dry_run)
        finally:
            if jobs:
                jobs.end()
        page = BUILD / "page" / f"{options.env}.html"
        program.say(f"page: {stage.run('monitoring.page', '--env', options.env, '--out', page)}")
    except (
        YearError,
        NoJobError,
        RunError,
        BadDataError,
        DeliveryError,
        OSError,
        ValueError,
        BotoCoreError,
        ClientError,
    ) as error:
        program.complain(NAME, aws_errors.sentence(error))
        return 1
    return 0


def _stage(environment: str) -> Stage:
    opened = open_environment(parse_model(parameters()["model"]), parse_environment(environment))
    place, clients = opened.place, opened.account.patient
    version = weights.main_version(opened.endpoint.patient_store.read().journal.weights)
    record = opened.registry.record(version) if version else None
    if version is None or record is None:
        raise YearError(f"nothing serves in {environment}: `make up`")
    described = clients.sagemaker.describe_endpoint(EndpointName=place.endpoint)
    if not described.get("DataCaptureConfig", {}).get("EnableCapture"):
        raise YearError(
            f"{place.endpoint} captures nothing: model-delivery:capture in Pulumi.{environment}.yaml, then `pulumi up`"
        )
    folder = BUILD / NAME / version
    folder.mkdir(parents=True, exist_ok=True)
    registry = f"s3://{place.registry_bucket}"
    for name, key in (
        ("model.tar.gz", artifact_key(record.digests.model)),
        (_EVALUATION, evidence_key(record.digests.id, _EVALUATION)),
    ):
        places.write(str(folder), name, places.read(f"{registry}/{key}", clients.s3), None)
    baseline = f"{registry}/{evidence_key(record.digests.id, _BASELINE)}"
    lines = Captured(clients.s3, f"{registry}/{CAPTURE_FOLDER}/{place.endpoint}")
    return Stage(opened, version, folder, baseline, lines)


def _jobs(stage: Stage) -> Jobs:
    environment, endpoint = stage.opened.place.environment, stage.endpoint
    session = boto3.Session(profile_name=profile_for(environment), region_name=stage.opened.place.region)
    prefix = f"{endpoint}-drift-{variant_name(stage.version)}-"
    schedules = session.client("scheduler").list_schedules(NamePrefix=prefix)["Schedules"]
    if len(schedules) != 1:
        raise YearError(
            f"{len(schedules)} schedules judge drift of {stage.version} on {endpoint}: model-delivery:drift in "
            f"Pulumi.{environment}.yaml, then `pulumi up`; or `python -m tools.year --env {environment}`, without schedules"
        )

    def clock(*arguments: str) -> str:
        return call("sandbox clock", [str(_SANDBOX), "clock", *arguments], environment)

    return Jobs(
        schedules[0]["Name"],
        reports.folder_of(stage.below(DRIFT_FOLDER), stage.version),
        stage.s3,
        stage.opened.account.patient.sagemaker,
        clock,
    )


def _play_all(stage: Stage, jobs: Jobs | None, every: Sequence[Judged], *, dry_run: bool) -> None:
    for judged, following in zip_longest(every, every[1:]):
        _play(
            stage,
            judged,
            jobs,
            first=judged is every[0],
            newest=following is None or not _is_there(stage.s3, _report(stage, following)),
            dry_run=dry_run,
        )


def _report(stage: Stage, judged: Judged) -> str:
    """Where the report by labels of a month is."""
    return f"{stage.below('quality')}/{stage.version}/{judged.first}_{judged.last}.json"


def _play(
    stage: Stage, judged: Judged, jobs: Jobs | None, *, first: bool, newest: bool, dry_run: bool
) -> None:
    report = _report(stage, judged)
    if _is_there(stage.s3, report):
        program.say(f"{judged.month}: played before ({report})")
        # Whoever was interrupted may have judged it, and not acted; once the next month is judged, nobody would.
        if newest:
            _act(stage, dry_run=dry_run)
        return
    month = str(judged.month)
    span = ("--first", month, "--until", month)
    kept = ("--verdicts", f"s3://{stage.opened.place.registry_bucket}/{stage.opened.place.verdicts_key}")
    program.say(f"{month}: {_asked(stage, month, span)}")
    for each in jobs.judge(judged, whole=not first) if jobs else ():
        program.say(f"  week before {each.until:%Y-%m-%d}: {each.severity}: {each.reason}")
    for end in () if jobs else judged.weeks:
        verdict = stage.run(
            *("pipelines.data_drift", "--version", stage.version, "--baseline", stage.baseline),
            *("--captured", f"{stage.captured}/{variant_name(stage.version)}", "--until", end),
            *("--reports", stage.below(DRIFT_FOLDER), *kept, "--metrics", stage.endpoint),
        )
        program.say(f"  week before {end}: {verdict}")
    labels = stage.run("pipelines.flights.play", "labels", "--to", stage.below("labels"), *span)
    program.say(f"  {labels}")
    quality = stage.run(
        *("pipelines.quality", "--recipe", stage.opened.place.model, "--version", stage.version),
        *("--model", stage.folder / "model.tar.gz", "--evaluation", stage.folder / _EVALUATION),
        *(
            "--captured",
            stage.captured,
            "--labels",
            stage.below("labels"),
            "--reports",
            stage.below("quality"),
        ),
        *("--first", judged.first, "--last", judged.last, *kept, "--cloudwatch", stage.endpoint),
        results=(0, _WORSE),
    )
    program.say(f"  by labels: {quality}")
    _act(stage, dry_run=dry_run)


def _asked(stage: Stage, month: str, span: Sequence[str]) -> str:
    """Have every flight of a month asked about, each once however often this is interrupted; what was sent, and captured."""
    begun = stage.folder / f"{month}.begun"
    if begun.exists():  # what the run before asked last may still be on its way
        stage.lines.settle()
    begun.touch()
    before = stage.lines.lines()
    ours = f"{stage.captured}/{variant_name(stage.version)}"
    output = stage.run(
        *("pipelines.flights.play", "requests", "--endpoint", stage.endpoint, "--captured", ours, *span)
    )
    requests = int(output.partition(" ")[0].replace(",", ""))
    captured = stage.lines.wait(before + requests) - before
    if requests and not captured:
        raise YearError(f"no line of {requests:,} requests was captured below {stage.captured}")
    begun.unlink()
    return f"{output}, {captured:,} of them captured"


def _act(stage: Stage, *, dry_run: bool) -> None:
    acts = ("--env", stage.opened.place.environment, *(("--dry-run",) if dry_run else ()))
    program.say(f"  {stage.run('tools.react', *acts, results=(0, _STOPPED))}")


def _is_there(s3: Any, place: str) -> bool:
    try:
        places.read(place, s3)
    except ClientError as error:
        if places.code_of(error) == "NoSuchKey":
            return False
        raise
    return True


class Captured:
    """Files of captured lines, each counted once."""

    def __init__(self, s3: Any, place: str) -> None:
        self._s3, self._place = s3, place
        self._lines: dict[str, int] = {}

    def lines(self) -> int:
        """How many there are by now."""
        bucket, _, prefix = self._place.removeprefix("s3://").partition("/")
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
        for page in pages:
            for each in page.get("Contents", ()):
                if each["Key"] not in self._lines:  # a file of captured lines is written once
                    content = places.read(f"s3://{bucket}/{each['Key']}", self._s3)
                    self._lines[each["Key"]] = len(content.splitlines())
        return sum(self._lines.values())

    def settle(self) -> None:
        """Until no line comes any more."""
        self.wait(sys.maxsize)

    def wait(self, wanted: int) -> int:
        """Until so many lines are there, or none comes any more; how many are."""
        present, news = self.lines(), time.monotonic()
        while present < wanted and time.monotonic() - news < _FLUSHED:
            time.sleep(_LOOK)
            before, present = present, self.lines()
            news = time.monotonic() if present > before else news
        return present


if __name__ == "__main__":
    sys.exit(main())
