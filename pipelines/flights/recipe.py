"""What `flights` brings to the generic steps."""

from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from pipelines.dataset import BadDataError, Tables
from pipelines.examples import BLOCK, LABEL, SLICE, Examples
from pipelines.flights import features
from pipelines.flights.checks import CHECKS
from pipelines.flights.data import LAST, TABLES, Extract, extract_of, parse_month
from pipelines.flights.fit import Settings, fit
from pipelines.months import Month
from pipelines.recipe import Recipe

_HOURS = ("00-05", "06-11", "12-17", "18-23")  # of the scheduled departure
_BAND = 24 * 60 // len(_HOURS)  # minutes
_HERE = Path(__file__).parent


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which months train.

    Attributes:
        until: the last month to train on, YYYY-MM; the one after it judges.
    """

    until: str

    def __post_init__(self) -> None:
        if parse_month(self.until) >= LAST:
            raise BadDataError(f"{self.until} has no month after it to judge on")

    @property
    def month(self) -> Month:
        return parse_month(self.until)


def featurize(tables: Tables, window: Window) -> Examples:
    """Flights that arrived: those up to `until` train, those of the month after judge.

    Raises:
        BadDataError: the data ends elsewhere.
    """
    extract = extract_of(tables)
    last = Month(*map(int, extract.flights[["year", "month"]].max()))
    if last != window.month.following:
        raise BadDataError(
            f"until is {window.until}, so the data is to end with {window.month.following}, which judges; "
            f"its last flight is of {last}"
        )
    judging = (extract.flights["year"] == last.year) & (extract.flights["month"] == last.month)
    return Examples(
        training=_examples(Extract(extract.flights[~judging], extract.weather)),
        evaluation=_examples(Extract(extract.flights[judging], extract.weather)),
    )


def groups(rows: pd.DataFrame) -> dict[str, "pd.Series[Any]"]:
    """The slices that a row tells: carrier, origin, and the hours of the scheduled departure."""
    return {
        "carrier": rows["carrier"],
        "origin": rows["origin"],
        "hours": (rows["departure"] // _BAND).map(dict(enumerate(_HOURS))),
    }


def _examples(extract: Extract) -> pd.DataFrame:
    arrived = features.arrived(extract)
    flights, described = arrived.flights, features.describe(arrived)[list(features.NAMES)]
    day = pd.to_datetime(flights[["year", "month", "day"]])
    by_row = groups(described)
    by_dimension = {
        "carrier": by_row["carrier"],
        "origin": by_row["origin"],
        "month": day.dt.strftime("%Y-%m"),
        "hours": by_row["hours"],
    }
    slices = {f"{SLICE}{dimension}": group for dimension, group in by_dimension.items()}
    columns = {LABEL: features.late(arrived), BLOCK: day.dt.strftime("%Y-%m-%d"), **slices}
    return pd.concat([described, pd.DataFrame(columns, index=described.index)], axis="columns").reset_index(
        drop=True
    )


RECIPE = Recipe(
    name="flights",
    tables=TABLES,
    window=Window,
    featurize=featurize,
    groups=groups,
    settings=Settings,
    fit=fit,
    checks=CHECKS,
    thresholds=_HERE / "thresholds.toml",
)
