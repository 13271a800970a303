"""Bodies that are JSON or XML."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sandbox.api.text import from_base64, from_text


class UnreadableError(Exception):
    """The body is not what its protocol says."""


def read_json(body: bytes) -> dict[str, Any]:
    """The object in a body; raises UnreadableError."""

    def refuse(constant: str) -> float:
        raise ValueError(f"{constant} is no number of JSON")

    try:
        value = json.loads(body or b"{}", parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UnreadableError("the body is not a JSON object")
    return value


def read_xml(body: bytes) -> ET.Element:
    """The root element; raises UnreadableError."""
    try:
        return ET.fromstring(body)  # noqa: S314 - expat itself limits what entities may grow to
    except (ET.ParseError, ValueError) as error:
        raise UnreadableError(f"the body is not XML: {error}") from None


def from_json(shape: Shape, value: Any) -> Any:
    """A value by AWS's names of its members; what the model does not hold stays as it is."""
    if isinstance(shape, StructureShape) and isinstance(value, dict) and not shape.is_document_type:
        return json_members(body_names(shape), shape, value)
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [from_json(shape.member, one) for one in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: from_json(shape.value, one) for key, one in value.items()}
    if shape.type_name == "blob" and isinstance(value, str):
        return from_base64(value)
    return value


def json_members(names: Mapping[str, str], shape: StructureShape, value: Mapping[str, Any]) -> dict[str, Any]:
    """An object's members; `null` is a member that is not given."""
    return {
        names.get(key, _foreign(key, shape)): from_json(shape.members[names[key]], one)
        if key in names
        else one
        for key, one in value.items()
        if one is not None
    }


def from_xml(shape: Shape, element: ET.Element) -> Any:
    """A value by AWS's names of its members; an element that the model does not hold is called `<name>`."""
    if isinstance(shape, StructureShape):
        return xml_members(body_names(shape), shape, element)
    if isinstance(shape, ListShape):
        name = shape.member.serialization.get("name", "member")
        wrong = {local(child.tag) for child in element} - {name}
        if wrong:
            return {f"<{one}>": "" for one in wrong}
        return [from_xml(shape.member, child) for child in element]
    if len(element):
        return {f"<{local(child.tag)}>": "" for child in element}
    return from_text(shape, element.text or "")


def xml_members(names: Mapping[str, str], shape: StructureShape, element: ET.Element) -> dict[str, Any]:
    """An element's children and attributes."""
    members: dict[str, Any] = {}
    for key, text in element.attrib.items():
        members[names.get(local(key), f"<{local(element.tag)} {local(key)}>")] = text
    for child in element:
        name = names.get(local(child.tag))
        if name is None:
            members[f"<{local(child.tag)}>"] = child.text or ""
        elif isinstance(member := shape.members[name], ListShape) and member.serialization.get("flattened"):
            members.setdefault(name, []).append(from_xml(member.member, child))
        else:
            members[name] = from_xml(member, child)
    return members


@cache
def body_names(shape: StructureShape) -> dict[str, str]:
    """AWS's names of the members that lie in the body, by what the body calls them."""
    return {
        str(member.serialization.get("name", name)).rpartition(":")[2]: name
        for name, member in shape.members.items()
        if "location" not in member.serialization
    }


def local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def _foreign(key: str, shape: StructureShape) -> str:
    # Where the body calls members otherwise than AWS does, a member's own name in it is foreign there.
    return f'"{key}"' if key in shape.members else key
