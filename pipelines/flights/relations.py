"""Columns that make relations within the data visible to a suite, which looks at one column at a time.

A column that was shuffled, moved in time or changed its unit keeps plausible values; what it no longer keeps is its
relation to the others: a delay is a difference of two times, humidity follows from temperature and dew point, an hour's
weather resembles the hour before, and fog over one airport is seldom alone.
"""

from typing import Any

import numpy as np
import pandas as pd

from pipelines.dataset import Tables

_ZONE = "America/New_York"
_HOUR = pd.Timedelta(hours=1)
_DAY = 24 * 60  # minutes
_MPH_PER_KNOT = 1.15078  # winds are reported in whole knots
_CLEAR = 10.0  # miles: the furthest sight that is reported
_CHANGING = ("temp", "dewp", "humid", "wind_speed", "pressure", "visib")
_AFTERNOON = (13, 16)  # local hours, both included
# What is measured of a flight and of an hour: it does not come again a month later.
_FLOWN = ["carrier", "flight", "tailnum", "dep_time", "arr_time", "air_time"]
_MEASURED = ["origin", "day", "temp", "dewp", "humid", "wind_dir", "wind_speed"]

DERIVED = ("flights_relations", "weather_relations")


def relations(tables: Tables, before: Tables | None) -> Tables:
    """A table of relations for each table of a month, row by row.

    Args:
        tables: `flights` and `weather` of one month, with the published columns and types.
        before: the same of the month before; None where there is none.
    """
    flights, weather = tables["flights"], tables["weather"]
    return {
        "flights_relations": _of_flights(flights, weather, before["flights"] if before else None),
        "weather_relations": _of_weather(weather, before["weather"] if before else None),
    }


def _of_flights(flights: pd.DataFrame, weather: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    reported = pd.MultiIndex.from_frame(
        weather[["origin", "time_hour"]].assign(time_hour=weather["time_hour"] + _HOUR)
    )
    return pd.DataFrame(
        {
            "schedule_difference": flights["sched_dep_time"] - 100 * flights["hour"] - flights["minute"],
            "time_difference": _from_local(flights),
            "departure_difference": _delay_difference(flights, "dep"),
            "arrival_difference": _delay_difference(flights, "arr"),
            "distance_difference": flights["distance"]
            - flights.groupby(["origin", "dest"])["distance"].transform("median"),
            "speed": flights["distance"] / (flights["air_time"] / 60),
            "has_report": pd.MultiIndex.from_frame(flights[["origin", "time_hour"]])
            .isin(reported)
            .astype(int),
            "is_repeated": _repeated(flights, before, _FLOWN),
        }
    )


def _of_weather(weather: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    ordered = weather.sort_values(["origin", "time_hour"])
    by_origin = ordered.groupby("origin")
    hourly = by_origin["time_hour"].diff() == _HOUR
    by_day = weather.groupby(["origin", "year", "month", "day"])
    afternoon = weather["hour"].between(*_AFTERNOON)
    return pd.DataFrame(
        {
            "time_difference": _from_local(weather),
            **{f"{name}_change": by_origin[name].diff().abs().where(hourly) for name in _CHANGING},
            "wind_turn": _turn(by_origin["wind_dir"].diff()).where(hourly),
            "poor_sight_elsewhere": _elsewhere(weather["visib"] < _CLEAR, weather),
            "humid_difference": (weather["humid"] - _humidity(weather["temp"], weather["dewp"])).abs(),
            "afternoon_warmth": (weather["temp"] - by_day["temp"].transform("mean")).where(afternoon),
            "humid_in_rain": weather["humid"].where(weather["precip"] > 0),
            "wind_speed_knots": _from_whole(weather["wind_speed"] / _MPH_PER_KNOT),
            "wind_gust_knots": _from_whole(weather["wind_gust"] / _MPH_PER_KNOT),
            "is_repeated": _repeated(weather, before, _MEASURED),
        },
        index=weather.index,
    )


def _from_local(table: pd.DataFrame) -> "pd.Series[float]":
    """Hours from the date and hour on local clocks to `time_hour`."""
    local = pd.to_datetime(table[["year", "month", "day", "hour"]])
    apart: pd.Series[float] = (table["time_hour"].dt.tz_convert(_ZONE).dt.tz_localize(None) - local) / _HOUR
    return apart


def _delay_difference(flights: pd.DataFrame, of: str) -> "pd.Series[float]":
    """Minutes from schedule and delay to the time on the clock, in whole days."""
    late = _minutes(flights[f"{of}_time"]) - _minutes(flights[f"sched_{of}_time"])
    return (late - flights[f"{of}_delay"] + _DAY // 2) % _DAY - _DAY // 2


def _elsewhere(poor: "pd.Series[bool]", weather: pd.DataFrame) -> "pd.Series[float]":
    """Of the reports of a poor sight, 1 where another report of that hour has one too; missing where there is no other."""
    reports = pd.DataFrame({"poor": poor, "all": weather["visib"].notna()}).astype(int)
    others = reports.groupby(weather["time_hour"]).transform("sum") - reports
    return (others["poor"] > 0).astype(float).where(poor & (others["all"] > 0))


def _minutes(clock: "pd.Series[Any]") -> "pd.Series[Any]":
    return clock // 100 * 60 + clock % 100


def _from_whole(numbers: "pd.Series[float]") -> "pd.Series[float]":
    """Distance to the nearest whole number."""
    return (numbers - numbers.round()).abs()


def _turn(degrees: "pd.Series[float]") -> "pd.Series[float]":
    """The shorter way around between two directions, degrees."""
    return ((degrees + 180) % 360 - 180).abs()


def _humidity(temp: "pd.Series[float]", dewp: "pd.Series[float]") -> "pd.Series[float]":
    """Relative humidity, %, of temperature and dew point in °F, by Magnus' formula (Alduchov and Eskridge, 1996)."""
    share: pd.Series[float] = np.exp(_saturation((dewp - 32) / 1.8) - _saturation((temp - 32) / 1.8))  # type: ignore[assignment]
    return 100 * share


def _saturation(celsius: "pd.Series[float]") -> "pd.Series[float]":
    """The logarithm of the pressure of saturated vapour, up to a constant."""
    return 17.625 * celsius / (243.04 + celsius)


def _repeated(table: pd.DataFrame, before: pd.DataFrame | None, measured: list[str]) -> "pd.Series[Any]":
    """1 where the month before has a row with the same measurements; missing where something was not measured."""
    if before is None:
        return pd.Series(0.0, index=table.index)
    hours = pd.MultiIndex.from_frame(before[measured].dropna())
    repeated = pd.Series(
        pd.MultiIndex.from_frame(table[measured]).isin(hours).astype(float), index=table.index
    )
    return repeated.where(table[measured].notna().all(axis=1))
