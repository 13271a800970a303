"""Requests of the `query` protocol: forms whose names are paths, such as `Tags.member.1.Key`."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sandbox.api.text import from_text

_ENVELOPE = {"Action", "Version"}
# A name's parts, one inside the other; a value is a leaf.
Tree = dict[str, Any]


def read_form(shape: StructureShape, body: bytes) -> dict[str, Any]:
    """The members, by AWS's names of them; what the model does not hold keeps its own name."""
    tree: Tree = {}
    for name, value in parse_qsl(body.decode(errors="replace"), keep_blank_values=True):
        if name not in _ENVELOPE:
            _plant(tree, name, value)
    return _structure(shape, tree)


def _plant(tree: Tree, name: str, value: str) -> None:
    *parents, last = name.split(".")
    at = tree
    for parent in parents:
        inner = at.setdefault(parent, {})
        if not isinstance(
            inner, dict
        ):  # a value and names below it: both stay, and the check refuses the first
            inner = at[parent] = {"": inner}
        at = inner
    at[last] = value


def _value(shape: Shape, node: Any) -> Any:
    if isinstance(shape, StructureShape):
        return _structure(shape, node) if isinstance(node, dict) else node
    if isinstance(shape, ListShape):
        if isinstance(node, dict) and not shape.serialization.get("flattened"):
            node = _only(node, shape.member.serialization.get("name", "member"))
        return _list(shape, node)
    if isinstance(shape, MapShape):
        if isinstance(node, dict) and not shape.serialization.get("flattened"):
            node = _only(node, "entry")
        return _map(shape, node)
    return from_text(shape, node) if isinstance(node, str) else node


def _structure(shape: StructureShape, tree: Mapping[str, Any]) -> dict[str, Any]:
    names = {_name(name, member): name for name, member in shape.members.items()}
    return {
        names.get(key, key): _value(shape.members[names[key]], node) if key in names else node
        for key, node in tree.items()
    }


def _name(name: str, member: Shape) -> str:
    if isinstance(member, ListShape) and member.serialization.get("flattened"):
        name = member.member.serialization.get("name", name)
    return str(member.serialization.get("name", name))


def _list(shape: ListShape, node: Any) -> Any:
    if node == "":  # how a form writes an empty list
        return []
    if not isinstance(node, dict) or not all(key.isdecimal() for key in node):
        return node
    return [_value(shape.member, node[key]) for key in sorted(node, key=int)]


def _map(shape: MapShape, node: Any) -> Any:
    if node == "":
        return {}
    key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
    entries = node.values() if isinstance(node, dict) else ()
    if not entries or not all(isinstance(entry, dict) and entry.keys() == {key, value} for entry in entries):
        return node if isinstance(node, str) else list(entries)
    return {entry[key]: _value(shape.value, entry[value]) for entry in entries}


def _only(node: Mapping[str, Any], name: str) -> Any:
    return node[name] if node.keys() == {name} else node
