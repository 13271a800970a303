"""Stored formats: what a newer version of this program wrote is read, kept and written back.

Every document has a `schema`. A reader keeps the fields that it does not know, whatever the schema; only an entry of
`requires` that it does not know stops it, so that an older `modelctl` can still roll back what a newer one wrote.
"""

from enum import Enum
from functools import cache
from math import isfinite
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from modeldelivery.release.errors import UpdateNeededError

SKEW = 86_400.0  # seconds by which what happened may be later than now, generously
_ALWAYS = "schema"  # written even where it is the default
_OTHERS = "others"


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a stored document.

    Attributes:
        others: fields, and words of open enumerations, that a newer version wrote: kept and written back as they are.
    """

    others: dict[str, Any] = {}


class Document(Record, frozen=True, kw_only=True):
    """A whole stored document.

    Attributes:
        schema: version of the format; 0 was written before formats had one.
        requires: what a reader must know, or else refuse the document whole.
    """

    schema: int = 1
    requires: tuple[str, ...] = ()


Stored = TypeVar("Stored", bound=Document)


def decode(body: bytes, kind: type[Stored], where: str, requirements: frozenset[str] = frozenset()) -> Stored:
    """Read a document.

    Args:
        body: JSON.
        kind: what it is.
        where: its place, for the error.
        requirements: entries of `requires` that the caller understands.

    Raises:
        UpdateNeededError: it requires what the caller does not know.
        msgspec.DecodeError: it is not JSON, or not such a document; a field's own ValueError is one too.
    """
    try:
        raw = msgspec.json.decode(body)
        if not isinstance(raw, dict):
            raise msgspec.ValidationError(f"Expected `object`, got `{type(raw).__name__}`")
        _refuse_newer(raw, where, requirements)
        return msgspec.convert(_gathered({_ALWAYS: 0, **raw}, kind), kind)
    except (UnicodeError, RecursionError, OverflowError) as error:
        raise msgspec.DecodeError(str(error)) from error


def _refuse_newer(raw: dict[str, Any], where: str, requirements: frozenset[str]) -> None:
    """Raises UpdateNeededError."""
    required = msgspec.convert(raw.get("requires", []), tuple[str, ...])
    missing = sorted(set(required) - requirements)
    if missing:
        raise UpdateNeededError(
            f"{where} was written by a newer version and requires {', '.join(missing)}, which this one does not know",
            hint="update modelctl (`pip install --upgrade model-delivery`) and run the same command again",
        )


def time_fault(field: str, seconds: float, latest: float) -> str | None:
    """Why an instant cannot be one, if it cannot."""
    if not isfinite(seconds) or seconds < 0:
        return f"{field} is {seconds}, which is no time"
    if seconds > latest:
        return f"{field} is {seconds - latest:.0f} s later than it can be"
    return None


def encode(document: Document) -> bytes:
    """The document as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(_plain(document)), indent=1)


def _gathered(raw: Any, kind: type[Record]) -> Any:
    """The raw document with what `kind` does not know put under `others`."""
    if not isinstance(raw, dict):
        return raw  # msgspec says what it should be
    read: dict[str, Any] = {}
    others: dict[str, Any] = {}
    parts = _parts(kind)
    for name, value in raw.items():
        part = parts.get(name, _Unknown)
        if part is _Unknown:
            others[name] = value
        elif isinstance(part, type) and issubclass(part, Enum) and isinstance(value, str):
            is_known = value in {member.value for member in part}
            read[name] = value if is_known else "other"
            others |= {} if is_known else {name: value}
        elif isinstance(part, type) and issubclass(part, Record):
            read[name] = _gathered_in(value, part, named=name in _mappings(kind))
        else:
            read[name] = value
    return {**read, _OTHERS: others}


def _gathered_in(value: Any, part: type[Record], *, named: bool) -> Any:
    """The same of one record, of a list of them, or of a mapping from names to them."""
    if isinstance(value, list):
        return [_gathered(each, part) for each in value]
    if named and isinstance(value, dict):
        return {key: _gathered(each, part) for key, each in value.items()}
    return _gathered(value, part)


class _Unknown:
    """No field of that name."""


@cache
def _parts(kind: type[Record]) -> dict[str, Any]:
    """Each field's name in JSON, with the Record or the open enumeration in its type, None where it has neither."""
    return {
        field.encode_name: next((each for each in _types(field.type) if _is_part(each)), None)
        for field in msgspec.structs.fields(kind)
        if field.name != _OTHERS
    }


@cache
def _mappings(kind: type[Record]) -> frozenset[str]:
    """Names in JSON of the fields that map names to something."""
    fields = msgspec.structs.fields(kind)
    return frozenset(field.encode_name for field in fields if get_origin(field.type) is dict)


def _types(annotation: Any) -> tuple[Any, ...]:
    of_many = get_origin(annotation) in {UnionType, tuple, dict} or isinstance(annotation, UnionType)
    return get_args(annotation) if of_many else (annotation,)


def _is_part(kind: Any) -> bool:
    if not isinstance(kind, type):
        return False
    return issubclass(kind, Record) or (issubclass(kind, Enum) and "OTHER" in kind.__members__)


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        written = {
            field.encode_name: _plain(getattr(value, field.name))
            for field in msgspec.structs.fields(type(value))
            if field.name == _ALWAYS or (field.name != _OTHERS and not _is_default(value, field))
        }
        return {**written, **value.others}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return msgspec.to_builtins(value)


def _is_default(value: Record, field: msgspec.structs.FieldInfo) -> bool:
    if field.required:
        return False
    default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    return bool(getattr(value, field.name) == default)
