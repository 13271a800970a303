"""Fields of a preview that this reader does not know: shown where nothing that would change the verdict can hide in them.

What a step does is said by its kind and its two states, so a field beside those, or within a state, can say more of it and
not undo it. Beside the steps and beside a step's states a list or an object could hold further steps or resources: one that is
not known there is refused, as an unknown kind of step is.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import msgspec


class HidingPlaceError(ValueError):
    """An unknown field that could hold steps or resources; the message is its path."""


def unread(document: Mapping[str, Any], kinds: Mapping[str, type[msgspec.Struct]]) -> tuple[str, ...]:
    """Paths of the fields that are not known, each once, without the numbers of steps.

    Args:
        document: as JSON has it, and of the shape that the reader asks for.
        kinds: the reader's records by path; `""` is the document itself. A path that ends in `[]` is of a list's elements,
            one that ends in `{}` of an object's values.

    Raises:
        HidingPlaceError: one of them is a list or an object, and stands beside steps or beside a step's states.
    """
    return tuple(dict.fromkeys(_walk("", document, kinds)))


def _walk(path: str, record: Mapping[str, Any], kinds: Mapping[str, type[msgspec.Struct]]) -> Iterator[str]:
    names = _names(kinds[path])
    holds_states = any(other.startswith(f"{path}.") or (not path and other) for other in kinds)
    for name, value in record.items():
        here = f"{path}.{name}" if path else name
        if name not in names:
            if holds_states and isinstance(value, list | dict) and value:
                raise HidingPlaceError(here)
            yield here
            continue
        for below, each in _below(here, value):
            if below in kinds:
                yield from _walk(below, each, kinds)


@cache
def _names(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Of a record's fields, as JSON has them; asking msgspec costs more than all else of a walk."""
    return frozenset(field.encode_name for field in msgspec.structs.fields(kind))


def _below(path: str, value: Any) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """The records that a value is or holds, with the path of their kind."""
    if isinstance(value, list):
        return [(f"{path}[]", each) for each in value if isinstance(each, dict)]
    if isinstance(value, dict):
        return [(path, value), *((f"{path}{{}}", each) for each in value.values() if isinstance(each, dict))]
    return []
