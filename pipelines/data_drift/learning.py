"""A baseline, learned from the training examples and from the predictions of the model for them."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd

from pipelines import examples
from pipelines.data_drift.baseline import PREDICTION, Baseline, Window
from pipelines.data_drift.bins import (
    Bins,
    Counts,
    Names,
    bins_of_names,
    bins_of_numbers,
    count,
)
from pipelines.data_drift.parts import Indices, Part, index, split
from pipelines.server import answers
from pipelines.server.schema import Category, Classes, Output, Probability, Schema

Predictions: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float32]]

Floats: TypeAlias = np.ndarray[tuple[int], np.dtype[np.floating]]
Flags: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]

_DIGITS = 6  # of an index after the point
BLOCKS = 7  # of a window: a week, where a block is a day


def learn(
    schema: Schema,
    frame: pd.DataFrame,
    predictions: Predictions,
    *,
    model: str,
    digest: str,
    data_revision: str,
) -> Baseline:
    """Learn it.

    Args:
        schema: of the model.
        frame: training examples, as `pipelines.examples` has them.
        predictions: of the model for them, [rows, width of the output].
        model: its name.
        digest: of the model.
        data_revision: of the data that the examples were made of.
    """
    features: dict[str, Bins] = {}
    columns: dict[str, tuple[Bins, Counts, Floats | None]] = {}
    for feature in schema.features:
        if isinstance(feature, Category):
            names = names_of(frame[feature.name])
            of_names = bins_of_names(names)
            features[feature.name] = of_names
            columns[feature.name] = of_names, of_names.codes(names), None
        else:
            numbers = numbers_of(frame[feature.name])
            of_numbers = bins_of_numbers(numbers)
            features[feature.name] = of_numbers
            columns[feature.name] = of_numbers, of_numbers.codes(numbers), numbers
    answered: dict[str, Bins] = {}
    for name, values in answers_of(schema.output, predictions).items():
        of_answers = bins_of_numbers(values)
        answered[name] = of_answers
        columns[f"{PREDICTION}{name}"] = of_answers, of_answers.codes(values), values
    return Baseline(
        model=model,
        digest=digest,
        data_revision=data_revision,
        rows=len(frame),
        features=features,
        predictions=answered,
        history=tuple(_history(frame[examples.BLOCK], columns)),
    )


def numbers_of(values: pd.Series) -> Floats:
    """A column of numbers, NaN where one is missing."""
    numbers: Floats = pd.to_numeric(values).to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def names_of(values: pd.Series) -> Names:
    """A column of names, None where one is missing."""
    return [None if missing else str(name) for name, missing in zip(values, values.isna(), strict=True)]


def answers_of(output: Output, predictions: Predictions) -> dict[str, Floats]:
    """The numbers of an answer by name: a probability that an event happens, one of each class, or a quantity.

    They are rounded as the server rounds them: an edge between bins may be a value that many rows share.
    """
    match output:
        case Probability(event=event):
            return {event: _probabilities(predictions[:, 1])}
        case Classes(classes=classes):
            return {name: _probabilities(predictions[:, place]) for place, name in enumerate(classes)}
        case _:
            written = (format(value, answers.QUANTITY_FORMAT) for value in predictions[:, 0].tolist())
            return {output.name: np.array([float(text) for text in written])}


def _probabilities(values: Floats) -> Floats:
    return np.array([round(value, answers.PROBABILITY_DIGITS) for value in values.tolist()])


def _history(
    blocks: pd.Series, columns: Mapping[str, tuple[Bins, Counts, Floats | None]]
) -> Iterator[Window]:
    """Each window against the rest; blocks are in the order of their names.

    Blocks that are left over at the end are no window: three days are not like a week.
    """
    names = sorted(blocks.unique())
    starts = range(0, len(names) - BLOCKS + 1, BLOCKS)
    if len(starts) == 1:
        return
    for start in starts:
        end = start + BLOCKS
        inside = blocks.isin(names[start:end]).to_numpy()
        yield Window(
            first=str(names[start]),
            last=str(names[end - 1]),
            rows=int(np.count_nonzero(inside)),
            indices={name: _indices(*column, inside) for name, column in columns.items()},
        )


def _indices(bins: Bins, codes: Counts, numbers: Floats | None, inside: Flags) -> Indices:
    """Of one column; a number is outside where the rest has none as small, or as large."""
    rest, window = split(bins, count(bins, codes[~inside])), split(bins, count(bins, codes[inside]))
    if numbers is not None:
        rest[Part.OUTSIDE], window[Part.OUTSIDE] = _beyond(numbers, inside)
    return Indices(**{part: round(index(rest[part], window[part]), _DIGITS) for part in Part})


def _beyond(numbers: Floats, inside: Flags) -> tuple[Counts, Counts]:
    """Values of the rest and of a window: within the range of the rest, and beyond it."""
    present = ~np.isnan(numbers)
    rest, window = numbers[~inside & present], numbers[inside & present]
    if not len(rest):
        return np.array([0, 0]), np.array([0, len(window)])
    beyond = int(np.count_nonzero((window < rest.min()) | (window > rest.max())))
    return np.array([len(rest), 0]), np.array([len(window) - beyond, beyond])
