"""Months of a data set: `2013-04`."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.dataset import BadDataError

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class Month(NamedTuple):
    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def following(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1)


def parse_month(text: str) -> Month:
    """Read `YYYY-MM`.

    Raises:
        BadDataError: for anything else.
    """
    match = _MONTH.fullmatch(text)
    if match is None:
        raise BadDataError(f"{text!r} is not a month: write YYYY-MM, such as 2013-04")
    return Month(int(match[1]), int(match[2]))


def check_order(first: Month, until: Month) -> None:
    """Raise BadDataError where what `--first` and `--until` name is no month at all."""
    if until < first:
        raise BadDataError(f"--until {until} is before --first {first}")


def between(first: Month, last: Month) -> Iterator[Month]:
    """The months from `first` to `last`, both included."""
    month = first
    while month <= last:
        yield month
        month = month.following
