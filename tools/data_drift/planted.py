"""Kinds of drift as they happen to a model that is served, planted in requests of the flights' model."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.data_drift.baseline import PREDICTION

PROBABILITY = f"{PREDICTION}late"
_HALF = 0.5

Plant = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


@dataclass(frozen=True)
class Kind:
    """One kind.

    Attributes:
        name: what happened.
        column: that it happened to.
        plant: a window, features and probabilities, and chance; the window as it is then, with as many rows or fewer.
    """

    name: str
    column: str
    plant: Plant


def _holes(window: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    return window.assign(humid=window["humid"].where(chance.random(len(window)) >= _HALF))


def _renamed(window: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    names = window["carrier"].where(chance.random(len(window)) >= _HALF, window["carrier"] + "*")
    return window.assign(carrier=names)


def _mixed(window: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """Half of the rows are of one airline."""
    others = window[chance.random(len(window)) < _HALF]
    one = window[window["carrier"] == "UA"].sample(
        len(window) - len(others), replace=True, random_state=chance
    )
    return pd.concat([others, one]).sample(frac=1, random_state=chance)


def _spread(window: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    middle = window["duration"].mean()
    return window.assign(duration=(middle + 2 * (window["duration"] - middle)).clip(lower=0))


def _surer(window: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    """Half a unit on the scale of log odds."""
    odds = window[PROBABILITY] / (1 - window[PROBABILITY]) * np.exp(_HALF)
    return window.assign(**{PROBABILITY: odds / (1 + odds)})


KINDS = (
    Kind(
        "a unit: temperature in °C", "temp", lambda window, _: window.assign(temp=(window["temp"] - 32) / 1.8)
    ),
    Kind("a source fails: no pressure", "pressure", lambda window, _: window.assign(pressure=np.nan)),
    Kind(
        "a source is stuck: one wind direction", "wind_dir", lambda window, _: window.assign(wind_dir=240.0)
    ),
    Kind("holes: half of the humidity is missing", "humid", _holes),
    Kind(
        "zeros for what is missing: gusts", "wind_gust", lambda window, _: window.fillna({"wind_gust": 0.0})
    ),
    Kind("a name is gone: nothing from JFK", "origin", lambda window, _: window[window["origin"] != "JFK"]),
    Kind("new names: half of the carriers renamed", "carrier", _renamed),
    Kind("another mix: half of the flights are United's", "carrier", _mixed),
    Kind(
        "a shift: departures three hours later",
        "departure",
        lambda window, _: window.assign(departure=(window["departure"] + 180) % 1440),
    ),
    Kind(
        "rounding: departures to the full hour",
        "departure",
        lambda window, _: window.assign(departure=window["departure"] // 60 * 60),
    ),
    Kind("a spread: durations vary twice as much", "duration", _spread),
    Kind("other answers: log odds half a unit higher", PROBABILITY, _surer),
)
