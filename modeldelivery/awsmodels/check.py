"""A request's members held to AWS's model of them: everything that is wrong, in AWS's words.

`Value '0' at 'productionVariants.1.member.initialInstanceCount' failed to satisfy constraint: Member must have value
greater than or equal to 1`. What AWS would ignore, a member that the model does not hold, is wrong here.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.utils import parse_timestamp

from modeldelivery.awsmodels.pattern import matches

_BITS = {"integer": 31, "long": 63}
# What JSON's reader at AWS calls what it found.
_FOUND: Mapping[type, str] = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE"}
_WANTED = {
    "string": "a String",
    "integer": "an Integer",
    "long": "a Long",
    "float": "a Float",
    "double": "a Double",
    "boolean": "a Boolean",
    "timestamp": "a Timestamp",
    "blob": "a Blob",
    "list": "a list",
    "map": "a map",
    "structure": "a structure",
}


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong.

    Attributes:
        path: where, as AWS writes it; "" for the request itself.
        kind: `type` for what cannot be read at all, `unknown` for a member that the model does not hold.
        text: what is wrong, with the path.
    """

    path: str
    kind: Literal["type", "unknown", "constraint"]
    text: str


def violations(shape: Shape, value: Any, path: str = "") -> Iterator[Violation]:
    """What is wrong with the value of a member, or of a request."""
    if getattr(shape, "is_document_type", False):
        return
    if not _readable(shape, value):
        name = _FOUND.get(type(value)) or f"{str(value).upper()}_VALUE"
        if isinstance(value, dict | list):
            name = "Start of list" if isinstance(value, list) else "Start of structure or map"
        text = f"{name} can not be converted to {_WANTED[shape.type_name]} at '{path}'"
        yield Violation(path, "type", text)
        return
    for constraint in _constraints(shape):
        if not constraint.holds(value):
            yield _failed(shape, value, path, constraint.text)
    if isinstance(shape, StructureShape):
        yield from _in_structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _in_list(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _in_map(shape, value, path)


def _in_structure(shape: StructureShape, value: Mapping[str, Any], path: str) -> Iterator[Violation]:
    for name, one in value.items():
        if name in shape.members:
            yield from violations(shape.members[name], one, _at(path, name))
        else:
            where = f"in '{path}'" if path else "in input"
            names = ", ".join(shape.members) or "none"
            text = f'Unknown parameter {where}: "{name}", must be one of: {names}'
            yield Violation(_at(path, name), "unknown", text)
    for name in shape.required_members:
        if name not in value:
            text = f"Value null at '{_at(path, name)}' failed to satisfy constraint: Member must not be null"
            yield Violation(_at(path, name), "constraint", text)
    if shape.is_tagged_union and len(value) != 1:
        members = ", ".join(shape.members)
        yield _failed(shape, value, path, f"Exactly one member must be set of: {members}")


def _in_list(shape: ListShape, value: list[Any], path: str) -> Iterator[Violation]:
    inner = list(_constraints(shape.member))
    nested = isinstance(shape.member, StructureShape | ListShape | MapShape)
    for index, one in enumerate(value, 1):
        if nested or not _readable(shape.member, one):
            yield from violations(shape.member, one, f"{path}.{index}.member")
        elif not all(constraint.holds(one) for constraint in inner):
            yield _failed(shape, value, path, f"Member must satisfy constraint: {_listed(inner)}")
            return


def _in_map(shape: MapShape, value: Mapping[str, Any], path: str) -> Iterator[Violation]:
    of_keys, of_values = list(_constraints(shape.key)), list(_constraints(shape.value))
    nested = isinstance(shape.value, StructureShape | ListShape | MapShape)
    if not all(constraint.holds(key) for key in value for constraint in of_keys):
        yield _failed(shape, value, path, f"Map keys must satisfy constraint: {_listed(of_keys)}")
    for key, one in value.items():
        if nested or not _readable(shape.value, one):
            yield from violations(shape.value, one, f"{path}.{key}.member")
        elif not all(constraint.holds(one) for constraint in of_values):
            yield _failed(shape, value, path, f"Map value must satisfy constraint: {_listed(of_values)}")
            return


def _readable(shape: Shape, value: Any) -> bool:
    match shape.type_name:
        case "structure" | "map":
            return isinstance(value, dict)
        case "list":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer" | "long" as name:
            return _is_number(value, int) and -(2 ** _BITS[name]) <= value < 2 ** _BITS[name]
        case "float" | "double":
            return _is_number(value, int | float) and math.isfinite(value)
        case "blob":
            return isinstance(value, bytes)
        case "timestamp":
            return _is_number(value, int | float) or (isinstance(value, str) and _is_time(value))
    return False  # a type of the model that is not known here cannot be vouched for


def _is_number(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _is_time(text: str) -> bool:
    try:
        parse_timestamp(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class _Constraint:
    text: str
    holds: Callable[[Any], bool]


def _constraints(shape: Shape) -> Iterator[_Constraint]:
    """In the order in which AWS lists them."""
    traits = shape.metadata
    sized = shape.type_name in {"string", "blob", "list", "map"}
    size: Callable[[Any], Any] = len if sized else float
    word = "length" if sized else "value"
    most, least = traits.get("max"), traits.get("min")
    if most is not None:
        text = f"Member must have {word} less than or equal to {most}"
        yield _Constraint(text, lambda value: bool(size(value) <= most))
    if least is not None:
        text = f"Member must have {word} greater than or equal to {least}"
        yield _Constraint(text, lambda value: bool(size(value) >= least))
    if enum := traits.get("enum"):
        yield _Constraint(f"Member must satisfy enum value set: [{', '.join(enum)}]", enum.__contains__)
    if pattern := traits.get("pattern"):
        text = f"Member must satisfy regular expression pattern: {pattern}"
        yield _Constraint(text, lambda value: matches(pattern, value))


def _failed(shape: Shape, value: Any, path: str, constraint: str) -> Violation:
    # A value that the model calls sensitive is not repeated, neither by AWS nor here.
    shown = "" if _is_sensitive(shape) else f" '{_java(shape, value)}'"
    return Violation(
        path, "constraint", f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}"
    )


def _java(shape: Shape, value: Any) -> str:
    """As Java's toString writes it."""
    if _is_sensitive(shape):
        return "***Sensitive Data Redacted***"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(shape, ListShape) and isinstance(value, list):
        return f"[{', '.join(_java(shape.member, one) for one in value)}]"
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return f"{{{', '.join(f'{key}={_java(shape.value, one)}' for key, one in value.items())}}}"
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = shape.members
        held = (f"{_first_low(n)}={_java(members[n], one)}" for n, one in value.items() if n in members)
        return f"{shape.name}({', '.join(held)})"
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)


def _is_sensitive(shape: Shape) -> bool:
    inner = (
        [shape.value]
        if isinstance(shape, MapShape)
        else [shape.member]
        if isinstance(shape, ListShape)
        else []
    )
    return any(one.metadata.get("sensitive") for one in [shape, *inner])


def _listed(constraints: list[_Constraint]) -> str:
    return f"[{', '.join(constraint.text for constraint in constraints)}]"


def _at(path: str, name: str) -> str:
    return f"{path}.{_first_low(name)}" if path else _first_low(name)


def _first_low(name: str) -> str:
    return name[:1].lower() + name[1:]
