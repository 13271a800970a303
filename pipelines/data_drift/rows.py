"""Bodies of requests and of answers, read as rows of a baseline's columns.

The server has judged a request by its schema; here only what is counted is read of it. A body that cannot be read is an error
with a word for it, by which it is counted: one bad caller does not end a job.
"""

import codecs
import csv
import io
import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.bins import Bins, NumberBins
from pipelines.server.media import CSV, UnsupportedMediaTypeError, body_format
from pipelines.server.schema import ENVELOPE

Cell: TypeAlias = float | str | None
Row: TypeAlias = tuple[Cell, ...]

_INNER = "inner"  # of a decoded body: its rows, where they are inside an envelope
# A RecursionError is of brackets within brackets, which msgspec follows also where no column is.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, csv.Error, RecursionError)


class UnreadableError(ValueError):
    """A body that is no rows of these columns."""


class RequestReader:
    """Reads requests: each row has a cell for each feature of the baseline, None where it is missing."""

    def __init__(self, baseline: Baseline) -> None:
        self._bins = baseline.features
        row = msgspec.defstruct("Row", _fields(self._bins), rename=_names(self._bins), frozen=True, gc=False)
        body = msgspec.defstruct(
            "Body",
            [*_fields(self._bins), (_INNER, list[row] | msgspec.UnsetType, msgspec.UNSET)],  # type: ignore[valid-type]  # made at run time
            rename={**_names(self._bins), _INNER: ENVELOPE},
            frozen=True,
        )
        self._json = msgspec.json.Decoder(body | list[row])  # type: ignore[valid-type]  # as above

    def read(self, content_type: str, body: bytes) -> Sequence[Row]:
        """The rows of a body. Raises UnreadableError."""
        try:
            form = body_format(content_type)
            if form.media == CSV:
                return self._csv(body, header=form.header)
            decoded: Any = self._json.decode(body.removeprefix(codecs.BOM_UTF8))
        except (UnsupportedMediaTypeError, *_UNREADABLE) as error:
            raise UnreadableError(str(error)) from error
        if isinstance(decoded, list):
            return [msgspec.structs.astuple(row) for row in decoded]
        inner = getattr(decoded, _INNER)
        if isinstance(inner, list):
            return [msgspec.structs.astuple(row) for row in inner]
        return [msgspec.structs.astuple(decoded)[:-1]]

    def _csv(self, body: bytes, *, header: bool) -> Sequence[Row]:
        """Raises UnreadableError, UnicodeDecodeError and csv.Error."""
        lines = _lines(body)
        names = lines.pop(0) if header and lines else list(self._bins)
        if unknown := set(names) - self._bins.keys():
            raise UnreadableError(f"column {min(unknown)} is none of the model's")
        rows = []
        for cells in lines:
            if len(cells) != len(names):
                raise UnreadableError(f"{len(cells)} cells where there are {len(names)} columns")
            values = dict(zip(names, cells, strict=True))
            rows.append(tuple(_cell(bins, values.get(name, "")) for name, bins in self._bins.items()))
        return rows


class AnswerReader:
    """Reads answers of the project's server: each row has a cell for each number of an answer."""

    def __init__(self, baseline: Baseline) -> None:
        self._names = tuple(baseline.predictions)
        self._classes = len(self._names) > 1
        if self._classes:
            fields: list[tuple[str, Any, Any]] = [("probabilities", dict[str, float], msgspec.UNSET)]
            names: dict[str, str] = {}
        else:
            number = float | bool | msgspec.UnsetType
            fields = [("probability", number, msgspec.UNSET), ("value", number, msgspec.UNSET)]
            names = {"value": self._names[0]} if self._names[0] != "probability" else {}
        prediction = msgspec.defstruct("Prediction", fields, rename=names, frozen=True, gc=False)
        answer = msgspec.defstruct("Answer", [("predictions", list[prediction])], frozen=True)  # type: ignore[valid-type]  # as above
        self._json = msgspec.json.Decoder(answer)

    def read(self, content_type: str, body: bytes) -> Sequence[Row]:
        """The rows of a body. Raises UnreadableError."""
        try:
            if body_format(content_type).media == CSV:
                return [self._cells(cells) for cells in _lines(body)]
            decoded: Any = self._json.decode(body)
            return [self._row(prediction) for prediction in decoded.predictions]
        except (UnsupportedMediaTypeError, KeyError, TypeError, *_UNREADABLE) as error:
            raise UnreadableError(str(error)) from error

    def _row(self, prediction: Any) -> Row:
        if self._classes:
            return tuple(prediction.probabilities[name] for name in self._names)
        value = prediction.value if prediction.probability is msgspec.UNSET else prediction.probability
        return (float(value),)

    def _cells(self, cells: Sequence[str]) -> Row:
        """A line is the number, and perhaps a flag after it; of classes the likeliest, then the number of each."""
        numbers = cells[1:] if self._classes else cells[:1]
        if len(numbers) != len(self._names):
            raise UnreadableError(f"{len(cells)} cells")
        return tuple(_number(cell) for cell in numbers)


class FileReader:
    """Reads lines of a file of rows, an object each: features by name, perhaps numbers of the answer as `prediction.<name>`."""

    def __init__(self, baseline: Baseline) -> None:
        columns = baseline.columns
        row = msgspec.defstruct("Row", _fields(columns), rename=_names(columns), frozen=True, gc=False)
        self._json = msgspec.json.Decoder(row)

    def read(self, line: bytes) -> Row:
        """A row with a cell for each column of the baseline. Raises UnreadableError."""
        try:
            row: Any = self._json.decode(line)
        except _UNREADABLE as error:
            raise UnreadableError(str(error)) from error
        cells: Row = msgspec.structs.astuple(row)
        return cells


def _fields(columns: dict[str, Bins]) -> list[tuple[str, Any, Any]]:
    """Of a row; their own names are places, since a column's need not be an identifier."""
    return [
        (f"c{place}", float | None if isinstance(bins, NumberBins) else str | None, None)
        for place, bins in enumerate(columns.values())
    ]


def _names(columns: dict[str, Bins]) -> dict[str, str]:
    return {f"c{place}": name for place, name in enumerate(columns)}


def _lines(body: bytes) -> list[list[str]]:
    """Raises UnicodeDecodeError and csv.Error."""
    text = io.StringIO(body.decode("utf-8-sig"), newline="")
    return [cells for cells in csv.reader(text, strict=True) if cells]


def _cell(bins: Bins, text: str) -> Cell:
    if not text:
        return None
    return _number(text) if isinstance(bins, NumberBins) else text


def _number(text: str) -> float:
    """Raises UnreadableError."""
    try:
        number = float(text)
    except ValueError as error:
        raise UnreadableError(f"{text!r} is no number") from error
    if not math.isfinite(number):
        raise UnreadableError(f"{text!r} is no number")
    return number
