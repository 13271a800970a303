"""The tables of docs/drift.md: drift that is planted, a year in which nothing happens, and each month as it was.

python -m tools.data_drift            prints them
python -m tools.data_drift --write    writes them where they stand in docs/drift.md
"""

import sys
from collections.abc import Iterator, Sequence

import pandas as pd

from pipelines import examples
from pipelines.data_drift.judge import LEAST_ROWS
from pipelines.data_drift.report import Report, Severity
from tools import tables
from tools.data_drift import flights
from tools.data_drift.flights import Year
from tools.data_drift.planted import KINDS, PROBABILITY
from tools.data_drift.windows import drawn, judged, planted
from tools.tables import table

_SEEDS = 20
_YEAR = 52  # weeks
_SIZES = (LEAST_ROWS, 3 * LEAST_ROWS, 6 * LEAST_ROWS)  # of a window


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    return tables.main(arguments, "python -m tools.data_drift", "drift.md", lambda: _tables(flights.year()))


def _tables(year: Year) -> Iterator[str]:
    yield f"Planted in {LEAST_ROWS:,} flights of January to March, by {_SEEDS} seeds:"
    yield ""
    yield from table(
        ("what happens", "column", "first window", "second window", "index / limit"), _planted(year)
    )
    yield ""
    yield "Weeks in which nothing happens:"
    yield ""
    yield from table(("weeks", "moved", "drift"), _quiet(year))
    yield ""
    yield "Every whole week after March, by the month in which it begins; the model is of January to March:"
    yield ""
    heads = (
        "month",
        "weeks",
        "AUC",
        "moved",
        "drift",
        "prediction: largest index (limit)",
        "weeks in which a column moved",
    )
    yield from table(heads, _months(year))


def _planted(year: Year) -> Iterator[tuple[str, ...]]:
    for kind in KINDS:
        pairs = [planted(year.baseline, year.training, kind, LEAST_ROWS, seed) for seed in range(_SEEDS)]
        first, second = (
            sum(report.severity is severity for report in reports)
            for reports, severity in zip(
                zip(*pairs, strict=True), (Severity.MOVED, Severity.DRIFT), strict=True
            )
        )
        ratios = [
            column.index / column.limit
            for report, _ in pairs
            for column in report.columns
            if column.name == kind.column
        ]
        yield (
            kind.name,
            f"`{kind.column}`",
            f"moved {first}/{_SEEDS}",
            f"drift {second}/{_SEEDS}",
            f"{min(ratios):.1f} or more",
        )


def _quiet(year: Year) -> Iterator[tuple[str, ...]]:
    for rows in _SIZES:
        reports = drawn(year.baseline, year.training, windows=_YEAR, rows=rows, seed=0)
        yield (f"{_YEAR} of {rows:,} flights drawn from training", *_counted(reports))
    left_out = judged(flights.weeks_left_out(year))
    yield (f"{len(left_out)} real ones of training, each against the others", *_counted(left_out))


def _months(year: Year) -> Iterator[tuple[str, ...]]:
    weeks = list(flights.weeks(year.later))
    reports = judged((year.baseline, week) for week in weeks)
    begins = [str(week[examples.BLOCK].iloc[0])[:7] for week in weeks]
    for month in sorted(set(begins)):
        inside = [report for report, begin in zip(reports, begins, strict=True) if begin == month]
        of_month = year.later[year.later[examples.BLOCK].str[:7] == month]
        answers = [column for report in inside for column in report.columns if column.name == PROBABILITY]
        largest = max(answers, key=lambda column: column.index)
        yield (
            month,
            str(len(inside)),
            f"{flights.auc(of_month):.3f}",
            *_counted(inside),
            f"{largest.index:.2f} ({largest.limit:.2f})",
            _moved(inside),
        )


def _moved(reports: Sequence[Report]) -> str:
    """The columns that moved, in how many weeks."""
    names = pd.Series([column.name for report in reports for column in report.moved], dtype=object)
    counts = names.value_counts(sort=False)
    return (
        ", ".join(f"`{name}` {count}" for name, count in sorted(counts.items(), key=lambda each: -each[1]))
        or "none"
    )


def _counted(reports: Sequence[Report]) -> tuple[str, str]:
    severities = [report.severity for report in reports]
    return str(severities.count(Severity.MOVED)), str(severities.count(Severity.DRIFT))


if __name__ == "__main__":
    sys.exit(main())
