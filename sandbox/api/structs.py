"""Which members of a call the sandbox acts on: those that its struct has."""

from collections.abc import Iterator
from typing import Any, get_args

import msgspec

from sandbox.api.acts import Acts


def acts_by(kind: type[msgspec.Struct]) -> Acts:
    """By the fields of a struct and of the structs in it; of a field that is none, everything below it."""
    fields = {field.encode_name: list(_structs(field.type)) for field in msgspec.structs.fields(kind)}
    inner = {name: acts_by(structs[0]) for name, structs in fields.items() if structs}

    def acts(path: tuple[str, ...]) -> bool:
        first, *rest = path
        if first not in fields:
            return False
        return not rest or first not in inner or inner[first](tuple(rest))

    return acts


def _structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    for part in get_args(kind):
        yield from _structs(part)
