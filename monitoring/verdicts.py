"""The newest verdicts on each version of the endpoint, by drift and by labels, as samples."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from modeldelivery.release.verdicts import Drift, Quality, VerdictStore
from modeldelivery.release.version import Version
from monitoring import series
from monitoring.series import Sample

_TOO_FEW = "too-few"


def samples(store: VerdictStore, versions: Mapping[Version, float | None], now: float) -> Iterator[Sample]:
    """Of a version that nobody judged only how overdue that is; of a window with too few rows or labels no figure that would look like a good one.

    Args:
        store: where they are kept; one call.
        versions: those on the endpoint, with when each last began to have traffic, in seconds since the epoch.
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
            yield _age("drift", version, drift, moment)
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
            yield _age("quality", version, quality, moment)
    for kind, judged in (("drift", verdicts.drift), ("quality", verdicts.quality)):
        yield from _overdue(kind, judged, versions, moment)


def _overdue(
    kind: str,
    judged: Mapping[Version, Drift | Quality],
    versions: Mapping[Version, float | None],
    now: datetime,
) -> Iterator[Sample]:
    """Of each version that was judged, and, where others were, of each that serves: as soon after its first request as after a verdict."""
    newest = max(judged.values(), key=lambda verdict: verdict.at, default=None)
    for version, since in versions.items():
        verdict = judged.get(version)
        due = [verdict.overdue] if verdict else []
        if since is not None and (like := verdict or newest):
            due.append(datetime.fromtimestamp(since, UTC) + (like.overdue - like.at))
        if due:
            overdue = max(0.0, (now - max(due)).total_seconds())
            yield Sample(series.VERDICT_OVERDUE, (version, kind), overdue)


def _age(kind: str, version: Version, verdict: Drift | Quality, now: datetime) -> Sample:
    return Sample(series.VERDICT_AGE, (version, kind), max(0.0, (now - verdict.at).total_seconds()))
