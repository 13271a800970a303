"""When what is judged: weeks of requests as soon as they are over, months of labels once the month is. Pure."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.months import Month, between

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Judged:
    """A month that is played.

    Attributes:
        month: which.
        first: its first day.
        last: its last day.
        weeks: first days after the weeks that end in it, in order: what a window of drift ends before.
    """

    month: Month
    first: date
    last: date
    weeks: tuple[date, ...]


def months(first: Month, until: Month) -> Iterator[Judged]:
    """Each month, with the whole weeks that end in it; the first week begins with the first month."""
    begin = date(first.year, first.month, 1)
    end = begin + WEEK
    for month in between(first, until):
        last = date(month.year, month.month, monthrange(month.year, month.month)[1])
        ends = []
        while end <= last + timedelta(days=1):
            ends.append(end)
            end += WEEK
        yield Judged(month, date(month.year, month.month, 1), last, tuple(ends))
