"""The verdict of one window against a baseline: which columns moved, and whether it is the second time in a row.

A part of a column moved when its index reaches its limit *and* chance does not explain the counts. The limit is its own: twice
what the worst of training's weeks reached, and never less than 0.1. Weather moves from week to week inside training, a timetable
does not: one limit for both is either deaf or cries each week (docs/drift.md has what was measured).

Whether a model got worse is not said here: labels say that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np

from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.bins import Counts
from pipelines.data_drift.chance import p_value
from pipelines.data_drift.parts import Part, index, most, split
from pipelines.data_drift.report import Column, Report, Severity

LEAST_ROWS = 1000  # of a window: of fewer, chance alone moves some column beyond 0.1
LEAST_LIMIT = 0.1
HISTORY_FACTOR = 2.0  # with 1.5 three of thirteen weeks of training would have moved
CHANCE = 0.01  # of one false part in a window, divided among all parts of all columns (Bonferroni)
_SHOWN = 3  # columns in a sentence


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What was read of a window.

    Attributes:
        version: that answered, `v1.1.0`.
        since: when it begins.
        until: when it ends.
        rows: in it.
        refused: rows and invocations that could not be read, by why.
        counts: rows by bin, by column of the baseline; of answers as many as there were.
    """

    version: str
    since: datetime
    until: datetime
    rows: int
    refused: Mapping[str, int]
    counts: Mapping[str, Counts]


@dataclass(frozen=True)
class Measured:
    """One part of a column in a window.

    Attributes:
        part: which.
        index: population stability index.
        limit: the least index that counts.
        p: how probable such counts are if nothing changed.
        moved: whether it did.
    """

    part: Part
    index: float
    limit: float
    p: float
    moved: bool


def limit(baseline: Baseline, name: str, part: Part) -> float:
    """The least index of a part that counts as moved.

    Weeks of too few rows say nothing of a column's own movement. Where twice the worst week is more than half-way from it to the
    most that there can be, it is half-way: else nothing could reach it, a source that is stuck neither.
    """
    weeks = [window for window in baseline.history if window.rows >= LEAST_ROWS]
    worst = max((window.indices[name].of(part) for window in weeks), default=0.0)
    bins = baseline.columns[name]
    largest = most(split(bins, np.array(bins.counts))[part])
    return max(LEAST_LIMIT, min(HISTORY_FACTOR * worst, (worst + largest) / 2))


def measure(baseline: Baseline, name: str, counts: Counts) -> Measured:
    """The part of a column that is furthest beyond its limit, or nearest to it."""
    bins = baseline.columns[name]
    before, after = split(bins, np.array(bins.counts)), split(bins, counts)
    least = CHANCE / len(baseline.columns) / len(Part)
    measured = []
    for part in Part:
        value, allowed = index(before[part], after[part]), limit(baseline, name, part)
        chance = p_value(before[part], after[part]) if value else 1.0
        measured.append(Measured(part, value, allowed, chance, value >= allowed and chance < least))
    return max(measured, key=lambda each: (each.moved, each.index / each.limit))


def judge(baseline: Baseline, sample: Sample, earlier: Report | None) -> Report:
    """The report of a window.

    Args:
        baseline: of the model that answered.
        sample: of the window.
        earlier: the newest report that `precedes` this window; None where there is none.
    """
    judged = _judged(baseline, sample)
    if not judged:
        return _report(baseline, sample, Severity.UNJUDGED, _too_few(sample), ())
    before = {column.name: column.windows for column in earlier.columns} if earlier else {}
    columns = []
    for name in judged:
        counts = sample.counts[name]
        measured = measure(baseline, name, counts)
        windows = before.get(name, 0) + 1 if measured.moved else 0
        columns.append(
            Column(
                name=name,
                part=measured.part,
                index=round(measured.index, 6),
                limit=round(measured.limit, 6),
                p=measured.p,
                missing=round(float(counts[-1] / counts.sum()), 6),
                windows=windows,
                severity=_severity(windows),
            )
        )
    worst = _severity(max(column.windows for column in columns))
    report = _report(baseline, sample, worst, "", tuple(columns))
    return msgspec.structs.replace(report, reason=_sentence(report, len(baseline.columns) - len(judged)))


def precedes(report: Report, baseline: Baseline, since: datetime, until: datetime) -> bool:
    """Whether a report is of a window before this one that counts towards a second in a row.

    It has to be of the same model, judged, and over before this window begins, by no more than a window's length: one window that
    could not be judged neither adds to a row nor ends it, two end it.
    """
    pause = since - report.until
    return (
        report.digest == baseline.digest
        and report.severity is not Severity.UNJUDGED
        and timedelta(0) <= pause <= until - since
    )


def _judged(baseline: Baseline, sample: Sample) -> list[str]:
    """The columns of which there are enough rows; answers may not have been captured, where requests were."""
    return [name for name in baseline.columns if int(sample.counts[name].sum()) >= LEAST_ROWS]


def _severity(windows: int) -> Severity:
    return (Severity.QUIET, Severity.MOVED, Severity.DRIFT)[min(windows, 2)]


def _report(
    baseline: Baseline, sample: Sample, severity: Severity, reason: str, columns: tuple[Column, ...]
) -> Report:
    return Report(
        model=baseline.model,
        version=sample.version,
        digest=baseline.digest,
        since=sample.since,
        until=sample.until,
        rows=sample.rows,
        refused=dict(sample.refused),
        severity=severity,
        reason=reason,
        columns=columns,
    )


def _too_few(sample: Sample) -> str:
    return f"not enough rows: {sample.rows:,}, and a verdict needs {LEAST_ROWS:,}; nothing is said of this window"


def _sentence(report: Report, left: int) -> str:
    """The verdict in words, of a report without one; so many columns were not judged."""
    rows = f"{report.rows:,} rows" + (f" ({left} columns not judged: too few answers)" if left else "")
    if not report.moved:
        return (
            f"all {len(report.columns)} columns are as in training, or move as its own weeks did, in {rows}"
        )
    worst = report.moved[:_SHOWN]
    listed = ", ".join(
        f"{each.name} ({each.part}: index {each.index:.2f}, limit {each.limit:.2f})" for each in worst
    )
    more = len(report.moved) - len(worst)
    others = f" and {more} more" if more else ""
    beyond = f"beyond what training's weeks did: {listed}{others}, in {rows}"
    if report.severity is Severity.MOVED:
        return f"{beyond}; it is the first window in a row, and the next one tells whether it stays so"
    longest = max(column.windows for column in report.moved)
    return f"{beyond}, {longest} windows in a row; labels tell whether the model is worse for it"
