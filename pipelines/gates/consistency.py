"""Whether training and the server read the same row as the same numbers.

The same rows go through the model's own `encode`, and as JSON and CSV through the server's reader; any cell that
differs, or row that the server refuses, is a difference between what a model learned from and what it will be asked.
"""

import csv
import io
from collections.abc import Callable

import msgspec
import numpy as np
import pandas as pd

from pipelines.gates.validation import Check
from pipelines.server.rows import BadRequestError, Batch, Matrix, RowReader
from pipelines.server.schema import Feature, Quantity, Schema, SelfCheck, Value

NAME = "training and server read the same"
_EVEN = 1_000  # rows drawn evenly, beside those with an extreme or missing value

Encode = Callable[[pd.DataFrame, tuple[Feature, ...]], Matrix]


def consistency(examples: pd.DataFrame, features: tuple[Feature, ...], encode: Encode) -> Check:
    """Compare both ways for a sample of rows.

    Args:
        examples: the features' columns as a client sends them, [rows, features]; missing is NaN or None.
        features: in the tensor's order.
        encode: training's way from examples to the input tensor.
    """
    rows = sample(examples[[feature.name for feature in features]])
    if rows.empty:
        return Check(name=NAME, passed=False, finding="there is no row to compare")
    trained, sent = encode(rows, features), instances(rows)
    reader = RowReader(_schema(features))
    bodies = [sent[start : start + reader.most_rows] for start in range(0, len(sent), reader.most_rows)]
    ways: dict[str, Callable[[list[dict[str, Value]]], Batch]] = {
        "JSON": lambda body: reader.json(msgspec.json.encode(body)),
        "CSV": lambda body: reader.csv(as_csv(body), header=True),
        "CSV without header": lambda body: reader.csv(as_csv(body, header=False), header=False),
    }
    for way, read in ways.items():
        try:
            served = np.concatenate([read(body).matrix for body in bodies])
        except BadRequestError as error:
            return Check(name=NAME, passed=False, finding=f"the server refuses as {way} what trains: {error}")
        if problem := _difference(trained, served, features, sent):
            return Check(name=NAME, passed=False, finding=f"as {way}, {problem}")
    return Check(
        name=NAME,
        passed=True,
        finding=f"{len(rows):,} rows, {len(features)} features, {' and '.join(ways)}: every number is the same",
    )


def sample(examples: pd.DataFrame) -> pd.DataFrame:
    """Rows spread evenly, and for each column those with its least, its greatest, and no value; each once."""
    if examples.empty:
        return examples
    places = set(np.linspace(0, len(examples) - 1, num=min(_EVEN, len(examples)), dtype=int).tolist())
    for name in examples.columns:
        column = examples[name].reset_index(drop=True)
        values = column.dropna()
        if len(values):
            ordered = values.sort_values(kind="stable").index
            places |= {int(ordered[0]), int(ordered[-1])}
        places |= {int(place) for place in column.index[column.isna()][:1]}
    return examples.iloc[sorted(places)]


def instances(rows: pd.DataFrame) -> list[dict[str, Value]]:
    """The rows as a client sends them, null where a value is missing."""
    values = rows.astype(object)
    records: list[dict[str, Value]] = values.where(values.notna(), None).to_dict("records")  # type: ignore[assignment]
    return records


def as_csv(rows: list[dict[str, Value]], *, header: bool = True) -> bytes:
    """The same as CSV; null is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _difference(
    trained: Matrix, served: Matrix, features: tuple[Feature, ...], sent: list[dict[str, Value]]
) -> str:
    """The first cell that differs, in words; empty when none does."""
    if trained.shape != served.shape:
        return f"training makes a tensor of {trained.shape} and the server one of {served.shape}"
    differs = ~((trained == served) | (np.isnan(trained) & np.isnan(served)))
    if not differs.any():
        return ""
    row, column = (int(place) for place in np.argwhere(differs)[0])
    name = features[column].name
    return (
        f"{name} {sent[row][name]!r} is {trained[row, column]:g} for training and {served[row, column]:g} for the server "
        f"({int(differs.sum()):,} of {differs.size:,} numbers differ)"
    )


def _schema(features: tuple[Feature, ...]) -> Schema:
    """A schema that the reader can be made of; what the model gives is no matter here."""
    return Schema(
        features=features,
        output=Quantity(name="output", meaning="not read here"),
        self_check=SelfCheck({}, (0.0,)),
    )
