"""What is kept of a report where people look first (`modeldelivery/release/verdicts.py`)."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from modeldelivery.release.verdicts import Measure, Quality
from pipelines.quality.report import Report, Slice


def verdict_of(report: Report, at: datetime) -> Quality:
    """The verdict of a report that was made at a moment."""
    return Quality(
        first=report.first,
        last=report.last,
        at=at,
        verdict=report.verdict,
        reason=report.reason,
        cases=report.joined.cases,
        measures=(
            *_measures(report.overall, report.overall.metrics),
            *(
                measure
                for each in report.slices[1:]
                for measure in _measures(each, {report.metric} & each.metrics.keys())
            ),
        ),
    )


def _measures(of: Slice, names: Iterable[str]) -> Iterator[Measure]:
    for name in names:
        metric = of.metrics[name]
        yield Measure(
            slice=of.name,
            metric=name,
            value=metric.measured.value,
            low=metric.low,
            high=metric.high,
            reference=None if metric.reference is None else metric.reference.value,
        )
