"""What the validation gate needs to know of flights and weather."""

import calendar
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from pipelines.examples import LABEL
from pipelines.flights import features
from pipelines.flights.relations import DERIVED, relations
from pipelines.months import parse_month
from pipelines.recipe import Checks
from pipelines.server.schema import Feature

_AIRPORTS = 3
_REPORTED = 0.93  # of all hours, at least: December 2013, which lacks its last day, had 96 %


def parameters(month: str) -> Mapping[str, object]:
    """Values of a month that suites name: year, month, its days, and how many weather reports there may be."""
    year, number = parse_month(month)
    days = calendar.monthrange(year, number)[1]
    hours = 24 * days * _AIRPORTS
    return {
        "year": year,
        "month": number,
        "days": days,
        "days_but_one": days - 1,
        "most_hours": int(_REPORTED * hours),
        "hours": hours + _AIRPORTS,  # a clock that is put back gives one more
    }


def learned(training: pd.DataFrame) -> tuple[Feature, ...]:
    """The features that training examples teach."""
    return features.learn_features(training, training[LABEL].to_numpy(dtype=bool))


CHECKS = Checks(
    suites=Path(__file__).with_name("suites"),
    last=lambda window: str(window.month.following),
    parameters=parameters,
    derived=DERIVED,
    relations=relations,
    features=learned,
    encode=features.encode,
)
