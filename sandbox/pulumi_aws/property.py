"""One property of a resource type, as a table's entry: its type, and when a change of it replaces the resource."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from modeldelivery.plugin.protocol import Failure
from modeldelivery.plugin.values import UNKNOWN

_TYPES: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "int": (int,),
    "number": (int, float),
    "flag": (bool,),
    "texts": (list,),
    "map": (dict,),
    "block": (dict,),
    "blocks": (list,),
}
_ALLOWED: Mapping[str, str] = {
    "text": "a text",
    "int": "a whole number",
    "number": "a number",
    "flag": "true or false",
    "texts": "a list of texts",
    "map": "an object of texts",
    "block": "an object",
    "blocks": "a list of objects",
}


@dataclass(frozen=True, kw_only=True)
class Property:
    """A property, in the words of pulumi-aws' schema.

    Attributes:
        type: a key of `_TYPES`.
        required: must be given.
        replaces: a change replaces the resource (Terraform: ForceNew).
        default: what holds when it is not given.
        computed: when it is not given the service chooses, and whatever it chose is no change (Optional and Computed).
        output: only the service sets it.
        local: only the provider knows it; it is neither sent nor observed.
        api: its name in the service's API, unless that is the same with a capital.
        inner: what an object, or the objects of a list, may hold.
        one_of: the only values allowed.
        unordered: a list whose order means nothing.
        json: a text that holds JSON; formatting means nothing.
    """

    type: str
    required: bool = False
    replaces: bool = False
    default: Any = None
    computed: bool = False
    output: bool = False
    local: bool = False
    api: str | None = None
    inner: Mapping[str, "Property"] = field(default_factory=dict)
    one_of: tuple[str, ...] = ()
    unordered: bool = False
    json: bool = False


text = partial(Property, type="text")
integer = partial(Property, type="int")
number = partial(Property, type="number")
flag = partial(Property, type="flag")
texts = partial(Property, type="texts")
mapping = partial(Property, type="map")
document = partial(Property, type="text", json=True)


def block(inner: Mapping[str, Property], **more: Any) -> Property:
    """An object with these properties."""
    return Property(type="block", inner=inner, **more)


def blocks(inner: Mapping[str, Property], **more: Any) -> Property:
    """A list of objects with these properties."""
    return Property(type="blocks", inner=inner, **more)


def api_name(name: str, spec: Property) -> str:
    """The property's name in the service's API."""
    return spec.api or name[:1].upper() + name[1:]


def failures(token: str, table: Mapping[str, Property], given: Mapping[str, Any]) -> Iterator[Failure]:
    """What is wrong with inputs: unknown, missing, or of the wrong kind; each names type, property and what is allowed."""
    yield from _of_object(token, table, given, "")


def _of_object(
    token: str, table: Mapping[str, Property], given: Mapping[str, Any], prefix: str
) -> Iterator[Failure]:
    allowed = sorted(name for name, spec in table.items() if not spec.output)
    for name in given:
        if name not in allowed:
            path = prefix + name
            yield Failure(path, f"{token} has no input {path} here; known are {', '.join(allowed)}")
    for name in allowed:
        spec, path = table[name], prefix + name
        if given.get(name) is not None:
            yield from _of_value(token, spec, given[name], path)
        elif spec.required:
            yield Failure(path, f"{token} needs {path}, {_ALLOWED[spec.type]}")


def _of_value(token: str, spec: Property, value: Any, path: str) -> Iterator[Failure]:
    if value is UNKNOWN:
        return
    right = isinstance(value, _TYPES[spec.type]) and (spec.type == "flag" or not isinstance(value, bool))
    if not right:
        yield Failure(path, f"{token}: {path} is {value!r}; {_ALLOWED[spec.type]} is allowed")
    elif spec.one_of and value not in spec.one_of:
        yield Failure(path, f"{token}: {path} is {value!r}; allowed are {', '.join(spec.one_of)}")
    elif spec.type == "block":
        yield from _of_object(token, spec.inner, value, f"{path}.")
    elif spec.type in {"blocks", "texts"}:
        item = Property(type="block" if spec.type == "blocks" else "text", inner=spec.inner)
        for index, one in enumerate(value):
            yield from _of_value(token, item, one, f"{path}[{index}]")
    elif spec.type == "map":
        for key, one in value.items():
            yield from _of_value(token, Property(type="text"), one, f"{path}.{key}")
