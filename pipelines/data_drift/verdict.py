"""What is kept of a report where people look first (`modeldelivery/release/verdicts.py`)."""

from datetime import datetime

from modeldelivery.release.verdicts import Column, Drift
from pipelines.data_drift.report import Report


def verdict_of(report: Report, at: datetime) -> Drift:
    """The verdict of a report that was made at a moment."""
    return Drift(
        since=report.since,
        until=report.until,
        at=at,
        severity=str(report.severity),
        reason=report.reason,
        rows=report.rows,
        columns=tuple(
            Column(name=each.name, severity=str(each.severity), ratio=round(each.index / each.limit, 3))
            for each in report.columns
        ),
    )
