"""What journal and endpoint say, as samples."""

from collections.abc import Iterator
from datetime import datetime

from modeldelivery.release.operations.latest_drill import LatestDrill
from modeldelivery.release.operations.status import UNKNOWN, Found, OnEndpoint, Status
from monitoring import series
from monitoring.series import Sample

_PERCENT = 100


def samples(reading: Found, status: Status) -> Iterator[Sample]:
    """Of one environment. What could not be read has no sample but `delivery_up`: a missing value is never a zero.

    Args:
        reading: what was read.
        status: what `modelctl status` makes of it.
    """
    yield from _up(reading)
    if status.endpoint_status not in (None, UNKNOWN):
        yield Sample(series.STATUS, (str(status.endpoint_status),), 1)
    for version in status.versions:
        yield from _version(version)
    if reading.stored is not None:
        yield Sample(series.HOLD, (), int(status.hold is not None))
        if status.pending is not None:
            yield Sample(series.INTENT_AGE, (str(status.pending.kind),), _age(status.at, status.pending.at))
        if status.decision is not None:
            yield Sample(series.DECISION_AGE, (), _age(status.at, status.decision.at))
        if status.drill is not None and not status.drill.open:
            yield from _drill(status.drill, status.at)
    if reading.stored is not None and reading.visible:
        yield Sample(series.DIVERGENCE, (), len(status.divergence))
        counts: dict[tuple[str, str], int] = {}
        for finding in status.findings:
            key = (str(finding.code), str(finding.grade))
            counts[key] = counts.get(key, 0) + 1
        for key, count in counts.items():
            yield Sample(series.FINDINGS, key, count)


def _drill(latest: LatestDrill, now: datetime | None) -> Iterator[Sample]:
    yield Sample(series.DRILL_AGE, ("yes" if latest.passed else "no",), _age(now, latest.at))
    if latest.wrong is not None:
        for name in ("p50", "p99", "max"):
            yield Sample(series.DRILL_SECONDS, (name,), getattr(latest.wrong, name))


def _up(reading: Found) -> Iterator[Sample]:
    yield Sample(series.UP, ("journal",), int(reading.stored is not None))
    yield Sample(series.UP, ("endpoint",), int(reading.visible))


def _version(version: OnEndpoint) -> Iterator[Sample]:
    name = version.version
    for kind, share in (("intended", version.intended), ("actual", version.actual)):
        if share is not None:
            yield Sample(series.WEIGHT, (name, kind), share / _PERCENT)
    for kind, count in (("running", version.instances), ("desired", version.instances_desired)):
        if count is not None:
            yield Sample(series.INSTANCES, (name, kind), count)
    for role in version.roles:
        if role != "rejected":
            yield Sample(series.ROLE, (name, role), 1)
    if version.rejected is not None:
        yield Sample(series.REJECTED, (name,), 1)


def _age(now: datetime | None, then: datetime) -> float:
    """Seconds; a store's clock that went back makes none negative."""
    assert now is not None, "the journal was read, and its store's clock with it"
    return max(0.0, (now - then).total_seconds())
