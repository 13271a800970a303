"""Bad data of twelve kinds, and several cases of each: what a validation gate is there to stop.

A case is a function from a data set, {month: {table: frame}}, to one that is bad in MONTH. Frames are never changed in
place.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

MONTH = "2013-02"
BEFORE = "2013-01"
FLIGHTS = (
    *("year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time"),
    *(
        "arr_delay",
        "carrier",
        "flight",
        "tailnum",
        "origin",
        "dest",
        "air_time",
        "distance",
        "hour",
        "minute",
    ),
    "time_hour",
)
WEATHER = (
    *(
        "origin",
        "year",
        "month",
        "day",
        "hour",
        "temp",
        "dewp",
        "humid",
        "wind_dir",
        "wind_speed",
        "wind_gust",
    ),
    *("precip", "pressure", "visib", "time_hour"),
)
COLUMNS = {"flights": FLIGHTS, "weather": WEATHER}
TEXTS = {"carrier", "tailnum", "origin", "dest", "time_hour"}
MEASURED = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib")

Tables = dict[str, pd.DataFrame]
Data = dict[str, Tables]
Case = Callable[[Data], Data]


def changed(table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Case:
    def plant(data: Data) -> Data:
        month = data[MONTH]
        return {**data, MONTH: {**month, table: change(month[table].copy())}}

    return plant


def each_column(change: Callable[[pd.DataFrame, str], pd.DataFrame], names=COLUMNS) -> dict[str, Case]:
    return {
        f"{table}.{column}": changed(table, lambda frame, column=column: change(frame, column))
        for table, columns in names.items()
        for column in columns
    }


def _text(frame, column):
    """One cell that is no number: a reader makes a text of the whole column."""
    texts = frame[column].astype(str)
    return frame.assign(**{column: texts.mask(texts.index == 7, "twelve")})


def _flooded(frame, column):
    return frame.assign(**{column: frame[column].where(np.arange(len(frame)) % 30 == 0)})


def _out_of_range(frame, column):
    """Twenty cells, because one wind of 1,048 mph is in the published data."""
    value = "9" if column in TEXTS else 99_999
    return frame.assign(**{column: frame[column].mask(frame.index < 20, value)})


def _scaled(column, factor, offset=0.0):
    return lambda frame: frame.assign(**{column: (frame[column] + offset) * factor})


def _scaled_whole(column, factor):
    return lambda frame: frame.assign(**{column: (frame[column] * factor).round().astype("int64")})


def _again(frame):
    return pd.concat([frame, frame[100:110]], ignore_index=True)


def _without(*places):
    def plant(data: Data) -> Data:
        return {
            month: {
                name: frame
                for name, frame in tables.items()
                if (month, name) not in places and (month, None) not in places
            }
            for month, tables in data.items()
        }

    return plant


def _delivered_again(data: Data) -> Data:
    return {**data, MONTH: data[BEFORE]}


def _dated_anew(data: Data) -> Data:
    """The month before, moved by four weeks, so that weekdays and dates fit."""
    moved = {}
    for name, frame in data[BEFORE].items():
        kept = frame[frame["day"] <= 28]
        moved[name] = kept.assign(
            month=2,
            time_hour=kept["time_hour"] + pd.Timedelta(days=31),
        ).reset_index(drop=True)
    return {**data, MONTH: moved}


def _cut_short(frame):
    return frame[frame["day"] <= 20].reset_index(drop=True)


def _shuffled(columns, within=None):
    def change(frame):
        rng = np.random.default_rng(0)
        order = np.arange(len(frame))
        groups = [order] if within is None else [g.to_numpy() for g in frame.groupby(within).groups.values()]
        for group in groups:
            order[group] = rng.permutation(group)
        return frame.assign(**{name: frame[name].to_numpy()[order] for name in columns})

    return change


def _moved(hours):
    def change(frame):
        rolled = {
            name: frame.groupby("origin")[name].transform(lambda column: np.roll(column, hours))
            for name in MEASURED
        }
        return frame.assign(**rolled)

    return change


KINDS: dict[str, dict[str, Case]] = {
    "empty": {name: changed(name, lambda frame: frame[:0]) for name in COLUMNS},
    "missing column": each_column(lambda frame, column: frame.drop(columns=column)),
    "extra column": {name: changed(name, lambda frame: frame.assign(comment="")) for name in COLUMNS},
    "wrong type": each_column(
        _text,
        {
            name: [each for each in columns if each not in TEXTS - {"time_hour"}]
            for name, columns in COLUMNS.items()
        },
    ),
    "null flood": each_column(_flooded),
    "out of range": each_column(
        _out_of_range,
        {
            "flights": [each for each in FLIGHTS if each not in {"time_hour", "tailnum", "carrier"}],
            "weather": [each for each in WEATHER if each != "time_hour"],
        },
    ),
    "unknown origin": {
        name: changed(name, lambda frame: frame.assign(origin=frame["origin"].mask(frame.index == 11, "PHL")))
        for name in COLUMNS
    },
    "duplicate rows": {
        **{name: changed(name, _again) for name in COLUMNS},
        "flights, another delay": changed(
            "flights",
            lambda frame: _again(frame).assign(
                dep_delay=lambda t: t["dep_delay"].mask(t.index >= len(frame), 0)
            ),
        ),
    },
    "month missing": {
        "both tables": _without((MONTH, None)),
        **{name: _without((MONTH, name)) for name in COLUMNS},
    },
    "stale month": {
        "the month before again": _delivered_again,
        "with new dates": _dated_anew,
        **{f"{name} cut short": changed(name, _cut_short) for name in COLUMNS},
    },
    "unit change": {
        "distance in kilometres": changed("flights", _scaled_whole("distance", 1.609344)),
        "distance in nautical miles": changed("flights", _scaled_whole("distance", 0.868976)),
        "air time in hours": changed("flights", _scaled("air_time", 1 / 60)),
        "air time in seconds": changed("flights", _scaled("air_time", 60)),
        "departure delay in hours": changed("flights", _scaled("dep_delay", 1 / 60)),
        "arrival delay in seconds": changed("flights", _scaled("arr_delay", 60)),
        "schedule in minutes after midnight": changed(
            "flights",
            lambda f: f.assign(sched_dep_time=f["sched_dep_time"] // 100 * 60 + f["sched_dep_time"] % 100),
        ),
        "temperature in °C": changed("weather", _scaled("temp", 1 / 1.8, -32)),
        "dew point in °C": changed("weather", _scaled("dewp", 1 / 1.8, -32)),
        "both in °C": changed(
            "weather", lambda f: _scaled("dewp", 1 / 1.8, -32)(_scaled("temp", 1 / 1.8, -32)(f))
        ),
        "humidity as a share": changed("weather", _scaled("humid", 0.01)),
        "wind in km/h": changed("weather", _scaled("wind_speed", 1.609344)),
        "wind in m/s": changed("weather", _scaled("wind_speed", 0.44704)),
        "wind in knots": changed("weather", _scaled("wind_speed", 0.868976)),
        "gusts in km/h": changed("weather", _scaled("wind_gust", 1.609344)),
        "gusts in knots": changed("weather", _scaled("wind_gust", 0.868976)),
        "direction in radians": changed("weather", _scaled("wind_dir", np.pi / 180)),
        "rain in millimetres": changed("weather", _scaled("precip", 25.4)),
        "pressure in inches of mercury": changed("weather", _scaled("pressure", 0.02953)),
        "visibility in kilometres": changed("weather", _scaled("visib", 1.609344)),
    },
    "shuffled weather hours": {
        "the whole month": changed("weather", _shuffled(MEASURED)),
        "within each day": changed("weather", _shuffled(MEASURED, ["origin", "day"])),
        **{f"only {name}": changed("weather", _shuffled([name])) for name in MEASURED if name != "wind_gust"},
        "time_hour alone": changed("weather", _shuffled(["time_hour"])),
        "moved by twelve hours": changed("weather", _moved(12)),
        "time_hour in local time": changed(
            "weather", lambda f: f.assign(time_hour=f["time_hour"] - pd.Timedelta(hours=5))
        ),
    },
}
