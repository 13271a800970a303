"""A definition's objects and lists, read strictly: what is not known where it stands is refused by name."""

import json
from collections.abc import Mapping
from typing import Any


class DefinitionError(ValueError):
    """A definition that SageMaker refuses, or that the sandbox does not act on: where, what, what is allowed."""


def fields(
    value: Any, where: str, allowed: tuple[str, ...] | None, needed: tuple[str, ...]
) -> Mapping[str, Any]:
    """An object's members: `allowed` ones alone (None for any), and those that it needs; raises DefinitionError."""
    if not isinstance(value, dict):
        raise DefinitionError(f"{where}: {json.dumps(value)[:80]} is no object")
    for name in value:
        if allowed is not None and name not in allowed:
            raise DefinitionError(f"{where}: {name} is not known here: {', '.join(allowed)}")
    for name in needed:
        if name not in value:
            raise DefinitionError(f"{where}: {name} is missing")
    return value


def entries(value: Any, where: str) -> list[Any]:
    """A list's entries; raises DefinitionError."""
    if not isinstance(value, list):
        raise DefinitionError(f"{where}: {json.dumps(value)[:80]} is no list")
    return value
