"""The newest verdicts on each version of the endpoint, by drift and by labels, as samples."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from modeldelivery.release.verdicts import Drift, Quality, VerdictStore
from modeldelivery.release.version import Version
from monitoring import series
from monitoring.series import Sample

_TOO_FEW = "too-few"


def samples(store: VerdictStore, versions: Collection[Version], now: float) -> Iterator[Sample]:
    """Nothing of a version that nobody judged; of a window with too few rows or labels no figure that would look like a good one.

    Args:
        store: where they are kept; one call.
        versions: those on the endpoint.
        now: seconds since the epoch.

    Raises:
        DeliveryError: they cannot be read.
    """
    verdicts, moment = store.read(), datetime.fromtimestamp(now, UTC)
    for version in versions:
        if drift := verdicts.drift.get(version):
            yield Sample(series.DRIFT_ROWS, (version,), drift.rows)
            for column in drift.columns:
                yield Sample(series.DRIFT, (version, column.name, column.severity), column.ratio)
            yield from _ages("drift", version, drift, moment)
        if quality := verdicts.quality.get(version):
            yield Sample(series.QUALITY_CASES, (version,), quality.cases)
            if quality.verdict != _TOO_FEW:
                yield Sample(series.QUALITY_WORSE, (version,), int(quality.verdict == "worse"))
            for each in quality.measures:
                bounds = {
                    "value": each.value,
                    "low": each.low,
                    "high": each.high,
                    "reference": each.reference,
                }
                for bound, value in bounds.items():
                    if value is not None:
                        yield Sample(series.QUALITY, (version, each.metric, each.slice, bound), value)
            yield from _ages("quality", version, quality, moment)


def _ages(kind: str, version: Version, verdict: Drift | Quality, now: datetime) -> Iterator[Sample]:
    age, overdue = (now - then for then in (verdict.at, verdict.overdue))
    yield Sample(series.VERDICT_AGE, (version, kind), max(0.0, age.total_seconds()))
    yield Sample(series.VERDICT_OVERDUE, (version, kind), max(0.0, overdue.total_seconds()))
