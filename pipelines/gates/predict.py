"""A model's predictions of examples, by the way that a request takes: its own schema, the server's reader, ONNX."""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import pandas as pd

from pipelines.gates.cases import Predictions
from pipelines.server.model import Model, run
from pipelines.server.rows import BadRequestError
from pipelines.server.schema import Value

BATCH = 10_000  # rows of a body: what bounds the memory


class NotPredictedError(Exception):
    """Examples that a model does not answer, with the reason."""


def predict(model: Model, examples: pd.DataFrame) -> Predictions:
    """Predictions, [rows, width of the output], in the order of the examples.

    Raises:
        NotPredictedError: a column is missing, the model's reader refuses a row, or a prediction is no number.
    """
    missing = [name for name in model.schema.names if name not in examples.columns]
    if missing:
        raise NotPredictedError(
            f"it asks for {', '.join(missing)}, which the examples do not have; they have {', '.join(examples.columns)}"
        )
    parts = []
    for start, rows in batches(examples, model.schema.names, min(BATCH, model.rows.most_rows)):
        try:
            matrix = model.rows.json(msgspec.json.encode(rows)).matrix
        except BadRequestError as error:
            place = "" if error.row is None else f" (row {start + error.row} of the examples)"
            raise NotPredictedError(f"its reader refuses {error}{place}") from error
        outputs = run(model.session, matrix)
        if outputs.shape != (len(rows), model.schema.output.width):
            raise NotPredictedError(f"it answers {outputs.shape} to {len(rows)} rows")
        wrong = ~np.isfinite(outputs).all(axis=1)
        if wrong.any():
            row = int(wrong.argmax())
            raise NotPredictedError(
                f"it predicts {outputs[row].tolist()} for row {start + row} of the examples, and no number for "
                f"{int(wrong.sum())} of the rows {start} to {start + len(rows) - 1}"
            )
        parts.append(outputs)
    return np.concatenate(parts)


def batches(
    examples: pd.DataFrame, names: Sequence[str], size: int
) -> Iterator[tuple[int, list[dict[str, Value]]]]:
    """Rows as a client sends them, so many at a time, each with the place of its first row; missing is null."""
    for start in range(0, len(examples), size):
        part = examples.iloc[start : start + size]
        columns = [part[name].astype(object).where(part[name].notna(), None).tolist() for name in names]
        yield start, [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
