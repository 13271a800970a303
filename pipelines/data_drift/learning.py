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
    Numbers,
    bins_of_names,
    bins_of_numbers,
    count,
    stability_index,
)
from pipelines.server import answers
from pipelines.server.schema import Category, Classes, Output, Probability, Schema

Predictions: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float32]]

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
    columns: dict[str, tuple[Bins, Counts]] = {}
    for feature in schema.features:
        bins: Bins
        if isinstance(feature, Category):
            names = names_of(frame[feature.name])
            bins = bins_of_names(names)
            codes = bins.codes(names)
        else:
            numbers = numbers_of(frame[feature.name])
            bins = bins_of_numbers(numbers)
            codes = bins.codes(numbers)
        features[feature.name] = bins
        columns[feature.name] = bins, codes
    answered: dict[str, Bins] = {}
    for name, values in answers_of(schema.output, predictions).items():
        numeric = bins_of_numbers(values)
        answered[name] = numeric
        columns[f"{PREDICTION}{name}"] = numeric, numeric.codes(values)
    return Baseline(
        model=model,
        digest=digest,
        data_revision=data_revision,
        rows=len(frame),
        features=features,
        predictions=answered,
        history=tuple(_history(frame[examples.BLOCK], columns)),
    )


def numbers_of(values: pd.Series) -> Numbers:
    """A column of numbers, NaN where one is missing."""
    numbers: Numbers = pd.to_numeric(values).to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def names_of(values: pd.Series) -> Names:
    """A column of names, None where one is missing."""
    return [None if missing else str(name) for name, missing in zip(values, values.isna(), strict=True)]


def answers_of(output: Output, predictions: Predictions) -> dict[str, Numbers]:
    """The numbers of an answer by name: a probability that an event happens, one of each class, or a quantity.

    They are rounded as the server rounds them: an edge between bins may be a value that many rows share.
    """
    match output:
        case Probability(event=event):
            return {event: _probabilities(predictions[:, 1])}
        case Classes(classes=classes):
            return {name: _probabilities(predictions[:, place]) for place, name in enumerate(classes)}
        case _:
            return {
                output.name: [
                    float(format(value, answers.QUANTITY_FORMAT)) for value in predictions[:, 0].tolist()
                ]
            }


def _probabilities(values: Numbers) -> Numbers:
    return [round(value, answers.PROBABILITY_DIGITS) for value in np.asarray(values).tolist()]


def _history(blocks: pd.Series, columns: Mapping[str, tuple[Bins, Counts]]) -> Iterator[Window]:
    """Each window against the rest; blocks are in the order of their names."""
    names = sorted(blocks.unique())
    starts = range(0, max(len(names) // BLOCKS, 1) * BLOCKS, BLOCKS)  # what is left over belongs to the last
    if len(starts) == 1:
        return
    for place, start in enumerate(starts):
        end = len(names) if place == len(starts) - 1 else start + BLOCKS
        inside = blocks.isin(names[start:end]).to_numpy()
        yield Window(
            first=str(names[start]),
            last=str(names[end - 1]),
            rows=int(np.count_nonzero(inside)),
            indices={
                name: round(stability_index(count(bins, codes[~inside]), count(bins, codes[inside])), 6)
                for name, (bins, codes) in columns.items()
            },
        )
