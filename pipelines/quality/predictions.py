"""What one version predicted, out of captured lines: of which case, when, and in which slices it is."""

import csv
import io
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.capture import Captured, CaptureError
from pipelines.quality.join import Cases
from pipelines.server import media
from pipelines.server.model import Model
from pipelines.server.rows import BadRequestError, Matrix
from pipelines.server.schema import Category, Classes, Output, Probability, Quantity, Schema

Grouping: TypeAlias = Callable[[pd.DataFrame], Mapping[str, "pd.Series[Any]"]]
OTHERS = "(others)"  # the group of a row whose own is not known: a name new since training, a request that was not captured
_EPOCH = date(1970, 1, 1).toordinal()
_CHUNK = 50_000  # rows that are grouped at once: what bounds the memory


class BadAnswerError(ValueError):
    """A captured answer that is none of the model's."""


@dataclass(frozen=True)
class Predictions:
    """Of one version.

    Attributes:
        cases: of each row.
        days: of each row's case, in the calendar of whoever sent it, [rows], since 1970-01-01.
        outputs: [rows, width of the output].
        groups: by dimension, the group of each row, [rows].
        unreadable: days of the invocations whose line, request or answer could not be read, [invocations].
        undated: lines that do not tell even when they were answered.
    """

    cases: Cases
    days: npt.NDArray[np.int64]
    outputs: npt.NDArray[np.float32]
    groups: Mapping[str, "pd.Categorical[Any]"]
    unreadable: npt.NDArray[np.int64]
    undated: int = 0


@dataclass
class _Columns:
    """What was read so far."""

    inferences: list[str] = field(default_factory=list)
    rows: "array[int]" = field(default_factory=lambda: array("i"))  # of each invocation
    days: "array[int]" = field(default_factory=lambda: array("i"))  # of each invocation
    outputs: list[npt.NDArray[np.float32]] = field(default_factory=list)
    groups: list[Mapping[str, "pd.Series[Any]"]] = field(default_factory=list)
    unreadable: "array[int]" = field(default_factory=lambda: array("i"))
    undated: int = 0

    def refuse(self, moment: datetime | None) -> None:
        """Count an invocation that could not be read."""
        if moment is None:
            self.undated += 1
        else:
            self.unreadable.append(day_number(moment.date()))


def read(lines: Iterable[Captured | CaptureError], model: Model, grouping: Grouping) -> Predictions:
    """Read a version's lines.

    Args:
        lines: all of them answered by this version; one that is none is counted.
        model: it.
        grouping: from rows as a client sends them to the group in each dimension.
    """
    answers = Answers(model.schema.output)
    columns = _Columns()
    matrices: list[Matrix] = []
    outputs: list[npt.NDArray[np.float32]] = []
    pending = 0
    for line in lines:
        if isinstance(line, CaptureError):
            columns.refuse(line.at)
            continue
        try:
            predicted = answers.read(line)
            matrix = _features(line, model, len(predicted))
        except (BadAnswerError, BadRequestError, media.UnsupportedMediaTypeError):
            columns.refuse(line.moment)
            continue
        columns.inferences.append(line.inference or line.event)
        columns.rows.append(len(predicted))
        columns.days.append(day_number(line.moment.date()))
        matrices.append(matrix)
        outputs.append(predicted)
        pending += len(predicted)
        if pending >= _CHUNK:
            _fold(columns, model.schema, grouping, matrices, outputs)
            pending = 0
    _fold(columns, model.schema, grouping, matrices, outputs)
    return _predictions(columns, model.schema.output)


def _features(line: Captured, model: Model, rows: int) -> Matrix:
    """The request's rows, [rows, features]; NaN where it was not captured. Raises what a server answers 4xx to."""
    if line.request is None:
        return np.full((rows, len(model.schema.features)), np.nan, np.float32)
    content_type, body = line.request
    form = media.body_format(content_type)
    batch = model.rows.csv(body, header=form.header) if form.media == media.CSV else model.rows.json(body)
    if len(batch.matrix) != rows:
        raise BadAnswerError(f"{rows} predictions for {len(batch.matrix)} rows")
    return batch.matrix


def _fold(
    columns: _Columns,
    schema: Schema,
    grouping: Grouping,
    matrices: list[Matrix],
    outputs: list[npt.NDArray[np.float32]],
) -> None:
    """Keep of these rows what is needed later, and forget the rest."""
    if not matrices:
        return
    rows = _frame(schema, np.concatenate(matrices))
    columns.groups.append(
        {
            dimension: group.astype(object).where(group.notna(), OTHERS).astype("category")
            for dimension, group in grouping(rows).items()
        }
    )
    columns.outputs.append(np.concatenate(outputs))
    matrices.clear()
    outputs.clear()


def _frame(schema: Schema, matrix: Matrix) -> pd.DataFrame:
    """Rows as a client sends them; a name that training did not know is missing."""
    columns: dict[str, Any] = {}
    for place, feature in enumerate(schema.features):
        values = matrix[:, place]
        if isinstance(feature, Category):
            codes = np.where(np.isnan(values), -1, values).astype(np.int32)
            columns[feature.name] = pd.Categorical.from_codes(codes, pd.Index(feature.categories))
        else:
            columns[feature.name] = values
    return pd.DataFrame(columns)


def _predictions(columns: _Columns, output: Output) -> Predictions:
    rows = np.array(columns.rows, dtype=np.int64)
    invocation = np.repeat(np.arange(len(rows), dtype=np.int32), rows)
    within = np.arange(len(invocation)) - np.repeat(np.cumsum(rows) - rows, rows)
    dimensions = columns.groups[0] if columns.groups else {}
    return Predictions(
        cases=Cases(columns.inferences, invocation, within.astype(np.int32)),
        days=np.array(columns.days, dtype=np.int64)[invocation],
        outputs=np.concatenate(columns.outputs)
        if columns.outputs
        else np.empty((0, output.width), np.float32),
        groups={
            dimension: pd.api.types.union_categoricals(
                [part[dimension].array for part in columns.groups], sort_categories=True
            )
            for dimension in dimensions
        },
        unreadable=np.array(columns.unreadable, dtype=np.int64),
        undated=columns.undated,
    )


class Answers:
    """Reads what `pipelines.server.answers` writes, of one model."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._decoder = msgspec.json.Decoder(_shape(output))

    def read(self, line: Captured) -> npt.NDArray[np.float32]:
        """The predictions of an invocation, [rows, width of the output].

        Raises:
            BadAnswerError: there is no answer, or it is none of this model's.
        """
        if line.response is None:
            raise BadAnswerError("the answer was not captured")
        content_type, body = line.response
        try:
            if media.body_format(content_type).media == media.CSV:
                lines = csv.reader(io.StringIO(body.decode(), newline=""), strict=True)
                rows = [self._of_cells(cells) for cells in lines if cells]
            else:
                answer: Any = self._decoder.decode(body)  # of a type made at run time
                rows = [self._of_json(each) for each in answer.predictions]
            outputs = np.array(rows, dtype=np.float32)
        except (msgspec.DecodeError, csv.Error, ValueError, KeyError, IndexError, RecursionError) as error:
            raise BadAnswerError(str(error)) from error
        if outputs.ndim != 2 or outputs.shape[1] != self._output.width or not np.isfinite(outputs).all():  # noqa: PLR2004
            raise BadAnswerError(f"predictions of the shape {outputs.shape}")
        return outputs

    def _of_json(self, prediction: Any) -> Sequence[float]:
        match self._output:
            case Probability():
                return 1 - prediction.probability, prediction.probability
            case Classes(classes=classes):
                return [prediction.probabilities[name] for name in classes]
            case Quantity(name=name):
                return (prediction[name],)

    def _of_cells(self, cells: Sequence[str]) -> Sequence[float]:
        match self._output:
            case Probability():
                return 1 - float(cells[0]), float(cells[0])
            case Classes():
                return [float(cell) for cell in cells[1:]]
            case Quantity():
                return (float(cells[0]),)


def _shape(output: Output) -> type[msgspec.Struct]:
    match output:
        case Probability():
            prediction: Any = msgspec.defstruct("Prediction", [("probability", float)])
        case Classes():
            prediction = msgspec.defstruct("Prediction", [("probabilities", dict[str, float])])
        case Quantity():
            prediction = dict[str, float]
    return msgspec.defstruct("Answer", [("predictions", list[prediction])])


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH
