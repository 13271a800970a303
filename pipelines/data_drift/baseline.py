"""The baseline of a model: how its features and its predictions are distributed on what it was trained on.

Drift is judged against it, so it is evidence of the digest set, learned where the model is judged and kept with it. A feature
that moves from week to week inside training moves afterwards as well, so each week's index against the other weeks
stands in it too: what is beyond that is news.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import msgspec
import numpy as np
import pandas as pd

from pipelines import examples
from pipelines.data_drift.bins import Bins, Counts, bins_of_names, bins_of_numbers, count, stability_index
from pipelines.server.schema import Category, Classes, Output, Probability, Schema

Predictions: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float32]]

FORMAT = 1
BLOCKS = 7  # of a window: a week, where a block is a day


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Consecutive blocks against all others.

    Attributes:
        first: name of the first block.
        last: name of the last one.
        rows: how many.
        indices: population stability index by column, rounded.
    """

    first: str
    last: str
    rows: int
    indices: dict[str, float]


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a sample is compared with.

    Attributes:
        format: of this document.
        model: its name.
        digest: of the model whose predictions they are, `sha256:<hex>`.
        data_revision: of the data that it learned on.
        rows: of the training examples.
        features: bins by feature, in the schema's order.
        predictions: bins by what an answer holds: the event, each class, or the quantity's name.
        history: windows of the training examples, in order; none where there is only one.
    """

    format: int = FORMAT
    model: str
    digest: str
    data_revision: str
    rows: int
    features: dict[str, Bins]
    predictions: dict[str, Bins]
    history: tuple[Window, ...]


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
    answers = answers_of(schema.output, predictions)
    features: dict[str, Bins] = {
        feature.name: bins_of_names(frame[feature.name])
        if isinstance(feature, Category)
        else bins_of_numbers(frame[feature.name])
        for feature in schema.features
    }
    answered: dict[str, Bins] = {name: bins_of_numbers(values) for name, values in answers.items()}
    columns = {name: (bins, bins.codes(frame[name])) for name, bins in features.items()}
    columns |= {f"prediction.{name}": (bins, bins.codes(answers[name])) for name, bins in answered.items()}
    return Baseline(
        model=model,
        digest=digest,
        data_revision=data_revision,
        rows=len(frame),
        features=features,
        predictions=answered,
        history=tuple(_history(frame[examples.BLOCK], columns)),
    )


def answers_of(output: Output, predictions: Predictions) -> dict[str, pd.Series]:
    """The numbers of an answer by name: a probability that an event happens, one of each class, or a quantity."""
    match output:
        case Probability(event=event):
            return {event: pd.Series(predictions[:, 1])}
        case Classes(classes=classes):
            return {name: pd.Series(predictions[:, place]) for place, name in enumerate(classes)}
        case _:
            return {output.name: pd.Series(predictions[:, 0])}


def encode(baseline: Baseline) -> bytes:
    """The same bytes for the same baseline."""
    return msgspec.json.format(msgspec.json.encode(baseline), indent=1) + b"\n"


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
