"""From a request's body to the model's input tensor, refusing by row and field what the schema does not allow.

There is one set of rules, that of JSON: a CSV is read as the JSON that it stands for.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from pipelines.server.schema import ENVELOPE, MOST_CHARACTERS, Category, Feature, Integer, Schema, Value

Matrix: TypeAlias = npt.NDArray[np.float32]
Outputs: TypeAlias = list[list[float]]
Fault: TypeAlias = Literal["below", "above", "beyond", "missing", "unseen"]

MAX_ROWS = 50_000  # of one body

# The places that msgspec appends to its messages: `$[3].temp`, `$.temp`, `$`.
_PLACE = re.compile(r" - at `\$(?:\[(?P<row>\d+)\])?(?:\.(?P<field>\w+))?`$")
_ABOUT_FIELD = re.compile(
    r"Object (?P<what>missing required|contains unknown) field `(?P<field>.*)`", re.DOTALL
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")  # JSON's, RFC 8259, section 6

_ECHO = 100  # characters at most of what a client sent that go into an answer
_QUOTED_ENVELOPE = f'"{ENVELOPE}"'.encode()


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


class RowReader:
    """Decodes and validates instances in one pass, with a decoder made from the schema."""

    def __init__(self, schema: Schema) -> None:
        self._features: dict[str, Feature] = {feature.name: feature for feature in schema.features}
        row = msgspec.defstruct(
            "Row", _fields(schema.features), frozen=True, forbid_unknown_fields=True, kw_only=True, gc=False
        )
        self._one = msgspec.json.Decoder(row)
        self._many = msgspec.json.Decoder(list[row])  # type: ignore[valid-type]  # a type made at run time
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
            return self._batch(self._decode(body.removeprefix(codecs.BOM_UTF8)))
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
            if place == MAX_ROWS:
                raise _too_many()
            rows.append(
                ",".join(
                    [key + _json_value(cell, text) for (key, text), cell in zip(columns, cells, strict=True)]
                )
            )
        return ("[{" + "},{".join(rows) + "}]").encode() if rows else b"[]"

    def _decode(self, body: bytes) -> Sequence[msgspec.Struct]:
        if body.lstrip()[:1] == b"[":
            return self._many.decode(body)
        try:
            return [self._one.decode(body)]
        except msgspec.ValidationError:
            if _QUOTED_ENVELOPE not in body and b"\\" not in body:
                raise  # no envelope is in it, in whatever letters
        instances = self._envelope.decode(body).instances
        if isinstance(instances, msgspec.UnsetType):
            return [self._one.decode(body)]
        try:
            self._closed_envelope.decode(body)
        except msgspec.ValidationError:
            raise BadRequestError(f"beside {ENVELOPE!r} no other key is allowed") from None
        if bytes(instances)[:1] != b"[":
            raise BadRequestError(f"{ENVELOPE!r} must be a list of objects")
        return self._many.decode(instances)

    def _batch(self, rows: Sequence[msgspec.Struct]) -> Batch:
        if not rows:
            raise BadRequestError("no rows: send at least one instance")
        if len(rows) > MAX_ROWS:
            raise _too_many()
        table: list[list[Any]] = [list(msgspec.structs.astuple(row)) for row in rows]
        unseen: dict[str, int] = {}
        for column, name, codes in self._codes:
            for cells in table:
                if (value := cells[column]) is not None:
                    code = cells[column] = codes.get(value)
                    if code is None:
                        unseen[name] = unseen.get(name, 0) + 1
        return Batch(np.array(table, dtype=np.float32), unseen)

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


def _too_many() -> BadRequestError:
    return BadRequestError(f"more than {MAX_ROWS} rows: send them in several requests")


def _fields(features: Sequence[Feature]) -> list[tuple[str, Any] | tuple[str, Any, Any]]:
    return [
        (feature.name, _type(feature) | None, None) if feature.nullable else (feature.name, _type(feature))
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
