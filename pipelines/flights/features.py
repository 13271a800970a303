"""What is known of a flight an hour before it is due to leave, and whether it then came late."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.flights.data import Extract
from pipelines.server.rows import Matrix
from pipelines.server.schema import Category, Feature, Integer, Number, Value

LATE_AFTER = 15  # minutes after the scheduled arrival: the US Department of Transportation's limit is 15

# Columns that only the flight itself tells. No feature reads them; tests hold them to it.
KNOWN_AFTERWARDS = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time")

_REPORT_AGE = pd.Timedelta(hours=1)  # the report of the hour of departure may be written after it
_DAY = 24 * 60
_SCHEDULE: tuple[Feature, ...] = (
    Integer(
        name="departure", meaning="scheduled departure, minutes after midnight", minimum=0, maximum=_DAY - 1
    ),
    Integer(
        name="duration",
        meaning="scheduled arrival less departure on local clocks, minutes",
        minimum=0,
        maximum=_DAY - 1,
    ),
    Integer(name="weekday", meaning="scheduled day, 1 is Monday", minimum=1, maximum=7),
    Integer(name="distance", meaning="between the airports, miles", minimum=1, maximum=6000),
)
_WEATHER: tuple[Feature, ...] = tuple(
    Number(
        name=name,
        meaning=f"{meaning}, at the origin an hour before",
        minimum=low,
        maximum=high,
        nullable=True,
    )
    for name, meaning, low, high in (
        ("temp", "temperature, °F", -60, 130),
        ("dewp", "dew point, °F", -80, 100),
        ("humid", "relative humidity, %", 0, 100),
        ("wind_dir", "direction of wind, degrees", 0, 360),
        ("wind_speed", "speed of wind, mph", 0, 120),
        ("wind_gust", "speed of gusts, mph", 0, 150),
        ("precip", "precipitation, inches", 0, 5),
        ("pressure", "sea level pressure, millibars", 850, 1100),
        ("visib", "visibility, miles", 0, 10),
    )
)
_PLACES: tuple[tuple[str, str, Literal["refuse", "missing"]], ...] = (
    ("carrier", "two-character code of the airline", "missing"),
    ("origin", "airport of departure", "refuse"),
    ("dest", "airport of arrival", "missing"),
)
NAMES = (
    *(place[0] for place in _PLACES),
    *(feature.name for feature in (*_SCHEDULE, *_WEATHER)),
)  # in tensor order


def arrived(extract: Extract) -> Extract:
    """Only flights whose arrival is known: those cancelled or diverted (2.8 %) came neither late nor on time."""
    return Extract(extract.flights[extract.flights["arr_delay"].notna()], extract.weather)


def late(extract: Extract) -> npt.NDArray[np.bool_]:
    """The label, [rows]: arrived more than `LATE_AFTER` minutes late."""
    return (extract.flights["arr_delay"] > LATE_AFTER).to_numpy(dtype=bool)


def describe(extract: Extract) -> pd.DataFrame:
    """One row a flight, in the extract's order; columns are the features' names, NaN where a value is missing.

    Measurements outside their physical range (a wind of 1,048 mph on 12 February) are missing ones.
    """
    flights = extract.flights
    departure = _minutes(flights["sched_dep_time"])
    reports = extract.weather[["origin", "time_hour", *(feature.name for feature in _WEATHER)]]
    reports = reports.assign(time_hour=reports["time_hour"] + _REPORT_AGE)
    described = flights[["origin", "time_hour"]].merge(
        reports, on=["origin", "time_hour"], how="left", validate="m:1"
    )
    described = described.drop(columns=["time_hour"]).set_index(flights.index)
    for feature in _WEATHER:
        assert isinstance(feature, Number)
        described[feature.name] = described[feature.name].where(
            described[feature.name].between(feature.minimum, feature.maximum)
        )
    return described.assign(
        carrier=flights["carrier"],
        dest=flights["dest"],
        departure=departure,
        duration=(_minutes(flights["sched_arr_time"]) - departure) % _DAY,
        weekday=pd.to_datetime(flights[["year", "month", "day"]]).dt.dayofweek + 1,
        distance=flights["distance"],
    )


def learn_features(described: pd.DataFrame, is_late: npt.NDArray[np.bool_]) -> tuple[Feature, ...]:
    """The features in the order of the tensor's columns, with the categories that these flights have.

    Categories are sorted by their share of late flights, so that a tree splits their codes at a meaningful place.
    """
    places = []
    for name, meaning, unseen in _PLACES:
        share = pd.Series(is_late, index=described.index).groupby(described[name]).mean()
        categories = tuple(sorted(share.index, key=lambda place, share=share: (share[place], place)))  # type: ignore[misc]
        places.append(Category(name=name, meaning=meaning, categories=categories, unseen=unseen))
    return (*places, *_SCHEDULE, *_WEATHER)


def encode(described: pd.DataFrame, features: tuple[Feature, ...]) -> Matrix:
    """The input tensor, [rows, features]: the same that the server makes of the same rows."""
    columns = [
        described[feature.name].map({name: code for code, name in enumerate(feature.categories)})
        if isinstance(feature, Category)
        else described[feature.name]
        for feature in features
    ]
    return np.column_stack([column.to_numpy(dtype=np.float32, na_value=np.nan) for column in columns])


def instances(described: pd.DataFrame) -> list[dict[str, Value]]:
    """The rows as a client sends them."""
    rows = described[list(NAMES)].astype(object)
    return [
        dict(zip(NAMES, row, strict=True)) for row in rows.where(rows.notna(), None).itertuples(index=False)
    ]


def _minutes(clock: "pd.Series[int]") -> "pd.Series[int]":
    """Minutes after midnight of a clock time written as the number HHMM; 2400 is midnight."""
    return (clock // 100 * 60 + clock % 100) % _DAY
