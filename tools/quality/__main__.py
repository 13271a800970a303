"""The tables of docs/quality.md: each month of 2013 by its labels, against two references.

python -m tools.quality            prints them
python -m tools.quality --write    writes them where they stand in docs/quality.md
"""

import sys
from collections.abc import Iterator, Sequence

from pipelines.quality.report import Metric, Report
from tools import tables
from tools.quality import months
from tools.quality.months import Year, overall
from tools.tables import table


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    return tables.main(arguments, "python -m tools.quality", "quality.md", lambda: _tables(months.year()))


def _tables(year: Year) -> Iterator[str]:
    (reference,) = months.fixed(year.training, year.fitted.schema).values()
    yield (
        f"Against what training alone says of a month, {reference.value:.3f} with an error of {reference.error:.3f} by days "
        "(January to March, each by a model of the other two; these three are held against the other two):"
    )
    yield ""
    yield from table(
        ("month", "AUC", "its standard error, by days", "difference, bounds", "verdict"),
        (_row(name, report) for name, report in months.by_training(year)),
    )
    yield ""
    yield "Against all that the version showed before, as `make year` judges it:"
    yield ""
    yield from table(
        ("month", "AUC", "its standard error, by days", "showed before", "difference, bounds", "verdict"),
        (_row_before(name, report) for name, report in months.by_all_before(year)),
    )


def _row(name: str, report: Report) -> tuple[str, ...]:
    of = overall(report)
    return name, f"{of.measured.value:.3f}", f"{of.measured.error:.3f}", _difference(of), report.verdict


def _row_before(name: str, report: Report) -> tuple[str, ...]:
    of = overall(report)
    assert of.reference is not None
    month, value, error, *rest = _row(name, report)
    return month, value, error, f"{of.reference.value:.3f}", *rest


def _difference(of: Metric) -> str:
    return f"{of.difference:+.3f} ({of.difference_low:+.3f} to {of.difference_high:+.3f})"


if __name__ == "__main__":
    sys.exit(main())
