"""From a request's body to the model's input tensor, refusing by row and field what the schema does not allow.

There is one set of rules, that of JSON: a CSV is read as the JSON that it stands for.
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from pipelines.server.schema import ENVELOPE, MOST_CHARACTERS, Category, Feature, Integer, Schema, Value

Matrix: TypeAlias = npt.NDArray[np.float32]
Outputs: TypeAlias = list[list[float]]
Fault: TypeAlias = Literal["below", "above", "beyond", "missing", "unseen"]

MAX_ROWS = 50_000  # of one body
MAX_CELLS = (
    2_000_000  # of one body, and of its answer: fewer rows of a model with more than 40 features, or outputs
)
LARGE_BYTES = 32 * 1024  # a larger body takes longer than `/ping` should wait for it
LARGE_CELLS = 50_000  # and so do more cells, however short they are written

# The places that msgspec appends to its messages: `$[3].temp`, `$.temp`, `$`.
_PLACE = re.compile(r" - at `\$(?:\[(?P<row>\d+)\])?(?:\.(?P<field>\w+))?`$")
_ABOUT_FIELD = re.compile(
    r"Object (?P<what>missing required|contains unknown) field `(?P<field>.*)`", re.DOTALL
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")  # JSON's, RFC 8259, section 6


_ECHO = 100  # characters at most of what a client sent that go into an answer
_QUOTED_ENVELOPE = f'"{ENVELOPE}"'.encode()
_SPACE = b" \t\r\n"  # JSON's, RFC 8259, section 2


class BadRequestError(ValueError):
    """A body that the model cannot answer.

    Attributes:
        row: place of the bad instance, from 0, not counting a CSV header; None when the whole body is at fault.
        field: name of the bad field, if one is.
        fault: of the field's value, where it is one that is counted: below or above the schema's range, beyond any number
            that a computer holds, missing, or a category that is not allowed.
    """

    def __init__(
        self, problem: str, row: int | None = None, field: str | None = None, fault: Fault | None = None
    ) -> None:
        place = "" if row is None else f"row {row}: " if field is None else f"row {row}, field {field!r}: "
        super().__init__(place + problem)
        self.row = row
        self.field = field
        self.fault = fault


class Batch(msgspec.Struct, frozen=True, gc=False):
    matrix: Matrix  # [rows, features], NaN where missing
    unseen: Mapping[str, int]  # feature → values outside its categories


class _Envelope(msgspec.Struct, frozen=True):
    instances: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Unread(msgspec.Struct, frozen=True, gc=False):
    """An instance of which nothing is read."""


class RowReader:
    """Decodes and validates instances in one pass, with a decoder made from the schema.

    Attributes:
        cells: of a row, in a body or in its answer, whichever has more.
        most_rows: of one body.
    """

    def __init__(self, schema: Schema) -> None:
        self._features: dict[str, Feature] = {feature.name: feature for feature in schema.features}
        self.cells = max(len(schema.features), schema.output.width)
        self.most_rows = max(1, min(MAX_ROWS, MAX_CELLS // self.cells))
        # A line of CSV, which is shorter than an object: of each cell that it must have, a character and what ends it.
        shortest = 2 * max(1, sum(not feature.nullable for feature in schema.features))
        self._small = min(LARGE_BYTES, LARGE_CELLS // self.cells * shortest)
        row = msgspec.defstruct(
            "Row", _fields(schema.features), frozen=True, forbid_unknown_fields=True, kw_only=True, gc=False
        )
        self._one = msgspec.json.Decoder(row)
        self._many = msgspec.json.Decoder(list[row])  # type: ignore[valid-type]  # a type made at run time
        self._counted = msgspec.json.Decoder(list[_Unread])
        self._closed_envelope = msgspec.json.Decoder(dict[Literal["instances"], msgspec.Raw])
        self._envelope = msgspec.json.Decoder(_Envelope)
        self._codes = [
            (column, feature.name, {name: float(code) for code, name in enumerate(feature.categories)})
            for column, feature in enumerate(schema.features)
            if isinstance(feature, Category)
        ]

    def json(self, body: bytes) -> Batch:
        """One object, a list of objects, or `{"instances": [...]}`; UTF-8, a byte order mark before it is ignored.

        Raises:
            BadRequestError: names row, field and what is allowed.
        """
        try:
            return self._batch(*self._decode(body.removeprefix(codecs.BOM_UTF8)))
        except msgspec.ValidationError as error:
            raise self._refusal(error) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadRequestError(f"the body is not JSON: {error}") from None
        except RecursionError:
            raise BadRequestError(
                "the body is nested too deep: an instance holds plain values only"
            ) from None

    def csv(self, body: bytes, *, header: bool) -> Batch:
        """RFC 4180 in UTF-8; an empty cell is null. Without header the columns are the schema's, in its order.

        Raises:
            BadRequestError: names row, field and what is allowed.
        """
        try:
            text = io.StringIO(body.decode("utf-8-sig"), newline="")
            lines = (cells for cells in csv.reader(text, strict=True) if cells)
            names = self._columns(next(lines, [])) if header else list(self._features)
            rows = self._as_json(names, lines, "the header" if header else ",".join(names))
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadRequestError(f"the body is not CSV in UTF-8: {error}") from None
        return self.json(rows)

    def large(self, body: bytes) -> bool:
        """Whether to read a body and to write its answer may take longer than `/ping` should wait, told without reading it."""
        size = len(body)
        if size <= self._small or size > LARGE_BYTES:
            return size > self._small
        # What a row begins with in JSON, or ends with in CSV: no body has more rows.
        rows = 1 + body.count(b"{") + body.count(b"\n") + body.count(b"\r")
        return rows * self.cells > LARGE_CELLS

    def instances(self, rows: Sequence[Mapping[str, Value]]) -> Batch:
        """Rows that are already parsed, held to the same rules; raises BadRequestError."""
        return self.json(msgspec.json.encode(rows))

    def _columns(self, header: Sequence[str]) -> Sequence[str]:
        """The columns that a header names. Raises BadRequestError."""
        for name in header:
            if name not in self._features:
                raise self._unknown(0, name)
        if len(set(header)) != len(header):
            raise BadRequestError("the header names a column twice")
        return header

    def _as_json(self, names: Sequence[str], lines: Iterable[Sequence[str]], wanted: str) -> bytes:
        """The list of objects that lines of cells stand for. Raises BadRequestError and csv.Error."""
        columns = [(f'"{name}":', isinstance(self._features[name], Category)) for name in names]
        rows = []
        for place, cells in enumerate(lines):
            if len(cells) != len(columns):
                raise BadRequestError(f"{len(cells)} cells where {wanted} has {len(names)}", place)
            if place == self.most_rows:
                raise self._too_many()
            rows.append(
                ",".join(
                    [key + _json_value(cell, text) for (key, text), cell in zip(columns, cells, strict=True)]
                )
            )
        return ("[{" + "},{".join(rows) + "}]").encode() if rows else b"[]"

    def _decode(self, body: bytes) -> tuple[Sequence[msgspec.Struct], bytes]:
        """The rows, and the text that holds them and nothing else."""
        if body.lstrip()[:1] == b"[":
            return self._list(body), body
        try:
            return [self._one.decode(body)], body
        except msgspec.ValidationError:
            if _QUOTED_ENVELOPE not in body and b"\\" not in body:
                raise  # no envelope is in it, in whatever letters
        envelope = self._envelope.decode(body).instances
        if isinstance(envelope, msgspec.UnsetType):
            return [self._one.decode(body)], body
        try:
            self._closed_envelope.decode(body)
        except msgspec.ValidationError:
            raise BadRequestError(f"beside {ENVELOPE!r} no other key is allowed") from None
        instances = bytes(envelope)
        if body.rstrip(_SPACE)[:-1].rstrip(_SPACE)[: -len(instances)].count(b":") > 1:
            raise BadRequestError(f"{ENVELOPE!r} is given twice")
        if instances[:1] != b"[":
            raise BadRequestError(f"{ENVELOPE!r} must be a list of objects")
        return self._list(instances), instances

    def _list(self, body: bytes) -> Sequence[msgspec.Struct]:
        """The rows, counted before any is read: an empty one of three bytes takes as much memory as any other."""
        if body.count(b"{") > self.most_rows and len(self._counted.decode(body)) > self.most_rows:
            raise self._too_many()
        rows: list[msgspec.Struct] = self._many.decode(body)
        return rows

    def _batch(self, rows: Sequence[msgspec.Struct], text: bytes) -> Batch:
        if not rows:
            raise BadRequestError("no rows: send at least one instance")
        table: list[list[Any]] = [list(msgspec.structs.astuple(row)) for row in rows]
        unseen: dict[str, int] = {}
        for column, name, codes in self._codes:
            for cells in table:
                value = cells[column]
                if value is None or value is msgspec.UNSET:
                    continue
                code = cells[column] = codes.get(value)
                if code is None:
                    unseen[name] = unseen.get(name, 0) + 1
        names = len(rows) * len(self._features)
        try:
            matrix = np.array(table, dtype=np.float32)
        except TypeError:  # of what is left out; to look for it first would cost those who send all fields half as much again
            names -= _fill(table)
            matrix = np.array(table, dtype=np.float32)
        if (
            text.count(b":") != names and _names(text) != names
        ):  # of a name given twice the decoder takes the last
            _refuse_repeated(text)
        return Batch(matrix, unseen)

    def _too_many(self) -> BadRequestError:
        return BadRequestError(f"more than {self.most_rows} rows: send them in several requests")

    def _unknown(self, row: int, name: str) -> BadRequestError:
        return BadRequestError(f"unknown; allowed are {', '.join(self._features)}", row, name[:_ECHO])

    def _refusal(self, error: msgspec.ValidationError) -> BadRequestError:
        """Says in the schema's words what msgspec says in types."""
        text = str(error)
        place = _PLACE.search(text)
        row = int(place["row"] or 0) if place else 0
        name = place["field"] if place else None
        problem = text[: place.start()] if place else text
        if about := _ABOUT_FIELD.match(problem):
            if about["what"] == "contains unknown":
                return self._unknown(row, about["field"])
            name = about["field"]
            problem = "missing"
        fault = _fault(problem)
        problem = problem[:_ECHO]
        if name is None:
            return BadRequestError(
                f"{problem}; an instance is an object with {', '.join(self._features)}", row
            )
        return BadRequestError(f"{problem}; allowed is {self._features[name].allowed()}", row, name, fault)


def _fault(problem: str) -> Fault | None:
    """What msgspec's sentence about a value says of it, if it is one that is counted."""
    faults: tuple[tuple[str, Fault], ...] = (
        ("Invalid enum value", "unseen"),  # first: what follows is the client's text
        ("missing", "missing"),
        ("Expected `float` >=", "below"),
        ("Expected `float` <=", "above"),
        ("Number out of range", "beyond"),
    )
    for beginning, fault in faults:
        if problem.startswith(beginning):
            return fault
    return "missing" if problem.endswith(", got `null`") else None


def _json_value(cell: str, text: bool) -> str:
    """The JSON that a cell stands for: null, a number where one is asked for and it is one, else a text."""
    if not cell:
        return "null"
    if not text and _NUMBER.fullmatch(cell):
        return cell
    return msgspec.json.encode(cell).decode()


def _fill(table: list[list[Any]]) -> int:
    """Null where a field was left out; how many were."""
    left_out = 0
    for cells in table:
        for column, cell in enumerate(cells):
            if cell is msgspec.UNSET:
                cells[column] = None
                left_out += 1
    return left_out


def _names(text: bytes) -> int | None:
    """How many names there are in rows that the decoder took: colons outside of texts; None where to read them costs no more."""
    if len(text) > LARGE_BYTES or b"\\" in text:
        return None
    return b"".join(text.split(b'"')[::2]).count(b":")


def _refuse_repeated(text: bytes) -> None:
    """Refuse rows of which one has a field twice, as a header that names a column twice is. Raises BadRequestError."""
    places = count()

    def once(pairs: Sequence[tuple[str, object]]) -> None:
        row, names = next(places), [name for name, _ in pairs]
        if len(set(names)) < len(names):
            twice = next(name for place, name in enumerate(names) if name in names[:place])
            raise BadRequestError("given twice", row, twice)

    json.loads(text, object_pairs_hook=once, parse_int=str, parse_float=str)


def _fields(features: Sequence[Feature]) -> list[tuple[str, Any] | tuple[str, Any, Any]]:
    return [
        (feature.name, _type(feature) | None | msgspec.UnsetType, msgspec.UNSET)
        if feature.nullable
        else (feature.name, _type(feature))
        for feature in features
    ]


def _type(feature: Feature) -> Any:
    """An integer may be written with a fraction of zero (`529.0`): JSON knows numbers, not how a client holds them."""
    if isinstance(feature, Category):
        if feature.unseen == "refuse":
            return Literal[feature.categories]
        return Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_CHARACTERS)]
    whole = 1.0 if isinstance(feature, Integer) else None
    return Annotated[
        float,
        msgspec.Meta(ge=float(feature.minimum), le=float(feature.maximum), multiple_of=whole),
    ]
