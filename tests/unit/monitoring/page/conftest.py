"""An environment of which everything was collected."""

from datetime import UTC, date, datetime, timedelta

import pytest

from modeldelivery.release.version import Version
from monitoring.page.subject import Alert, Burn, Change, Prometheus, Subject
from pipelines.acts import Kind, Outcome, Taken
from pipelines.data_drift.parts import Part
from pipelines.data_drift.report import Column, Severity
from pipelines.data_drift.report import Report as Drift
from pipelines.quality.report import Joined, Metric, Number, Slice
from pipelines.quality.report import Report as Quality

V1, V2 = Version("v1.0.0"), Version("v1.1.0")
BEGIN = datetime(2013, 4, 1, tzinfo=UTC)
FEATURES = ("carrier", "origin", "dest", "departure", "temp", "dewp", "wind_dir", "prediction.late")
JOINED = dict.fromkeys(Joined.__struct_fields__, 0)


def drift_of(week, severity=Severity.QUIET, version=V2):
    """Of a week, in which the temperature does something."""
    windows = {Severity.QUIET: 0, Severity.MOVED: 1, Severity.DRIFT: 2}[severity]
    since = BEGIN + timedelta(days=7 * week)
    return Drift(
        model="flights",
        version=version,
        digest="sha256:" + 64 * "1",
        since=since,
        until=since + timedelta(days=7),
        rows=6_000,
        refused={},
        severity=severity,
        reason=f"temp (index 1.20, limit 0.80) {severity} in 6,000 rows",
        columns=tuple(
            Column(
                name=name,
                part=Part.VALUES,
                index=1.2 if name == "temp" and windows else 0.01,
                limit=0.8,
                p=0.001,
                missing=0.25,
                windows=windows if name == "temp" else 0,
                severity=severity if name == "temp" else Severity.QUIET,
            )
            for name in FEATURES
        ),
    )


def quality_of(month, value, verdict="as-good", version=V2):
    """Of a month of 2013."""
    metric = Metric(
        measured=Number(value=value, error=0.02),
        low=value - 0.04,
        high=value + 0.04,
        reference=Number(value=0.71, error=0.01),
        difference=value - 0.71,
        difference_low=value - 0.75,
        difference_high=value - 0.67,
    )
    part = Slice(
        dimension="all", value="", rows=28_000, days=30, verdict=verdict, why="", metrics={"auc": metric}
    )
    of_carrier = Slice(
        dimension="carrier", value="UA", rows=900, days=30, verdict=verdict, why="", metrics={}
    )
    return Quality(
        model="flights",
        version=version,
        digest="sha256:" + 64 * "1",
        first=date(2013, month, 1),
        last=date(2013, month, 28),
        metric="auc",
        title="AUC",
        confidence=0.95,
        joined=Joined(**(JOINED | {"cases": 28_000, "unlabelled": 766})),
        verdict=verdict,
        reason=f"AUC is {value}",
        slices=(part, of_carrier),
    )


def everything():
    day = timedelta(days=1)
    moves = [
        ("create", "pulumi up", {V1: 100}),
        ("fleet", "pulumi up", {V1: 100, V2: 0}),
        ("up", "pulumi up", {V1: 0, V2: 100}),
        ("rollback", "errors since the deploy", {V1: 100, V2: 0}),
        ("up", "mended", {V1: 0, V2: 100}),
    ]
    firing = Alert("LatencyHigh", "page", "v1.1.0 answers late", "modelctl rollback --env prod", BEGIN)
    return Subject(
        model="flights",
        environment="prod",
        at=BEGIN + 210 * day,
        serving=V2,
        changes=[
            Change(BEGIN + place * 40 * day, what, "ada", reason, weights)
            for place, (what, reason, weights) in enumerate(moves)
        ],
        drift=[
            drift_of(week, (Severity.QUIET, Severity.MOVED, Severity.DRIFT)[week % 3]) for week in range(30)
        ],
        quality=[
            *(
                quality_of(month, value)
                for month, value in enumerate((0.65, 0.73, 0.72, 0.72, 0.70, 0.67), 4)
            ),
            quality_of(10, 0.651, "worse"),
        ],
        acts=[
            Taken(
                id="a",
                at=BEGIN + 215 * day,
                kind=Kind.PROPOSE,
                cause="quality v1.1.0",
                version=V2,
                outcome=Outcome.DONE,
                sentence="v1.1.0 is worse; a model passes its gates: `git tag flights@v1.2.0`",
            )
        ],
        prometheus=Prometheus([firing], [Burn("v1.1.0", {"5m": 0.02, "1h": 0.0005})]),
    )


@pytest.fixture(scope="session")
def subject():
    return everything()
