"""From an HTTP request to the members of the call, as the caller gave them, losing nothing.

botocore reads responses only, and moto's own readers drop what the model does not hold. Here such a thing keeps a name
of its own (`?name` in the query, `name:` in the headers, `<name>` in XML), and a value of the wrong type stays as it
was, so that `modeldelivery.awsmodels.check` sees both.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from modeldelivery.awsmodels.models import input_of
from sandbox.api.cbor import read_cbor
from sandbox.api.document import (
    body_names,
    from_json,
    from_xml,
    json_members,
    local,
    read_json,
    read_xml,
    xml_members,
)
from sandbox.api.form import read_form
from sandbox.api.request import Request
from sandbox.api.routes import route_of
from sandbox.api.text import from_text

# Of the signature and the transport, of no call.
_QUERY = {"x-id", "awsaccesskeyid", "signature", "expires"}
_HEADERS = {
    "x-amz-api-version",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
    "x-amz-target",
    "x-amz-te",
    "x-amz-trailer",
    "x-amz-user-agent",
}
_CHECKSUM = "x-amz-checksum-"  # of the body; clients send it with calls that have no such member as well


def read(operation: OperationModel, protocol: str, request: Request) -> dict[str, Any]:
    """The members by AWS's names of them; raises UnreadableError."""
    shape = input_of(operation)
    if protocol == "query":
        return read_form(shape, request.body)
    if protocol == "json":
        return json_members(body_names(shape), shape, read_json(request.body))
    if protocol == "cbor":
        return read_cbor(request.body)
    return {
        **_uri(operation, shape, request.path),
        **_query(operation, shape, request.query),
        **_headers(shape, request.headers),
        **_body(shape, protocol, request.body),
    }


def _located(shape: StructureShape, location: str) -> Iterator[tuple[str, Shape, str]]:
    for name, member in shape.members.items():
        if member.serialization.get("location") == location:
            yield name, member, member.serialization.get("name", name)


def _uri(operation: OperationModel, shape: StructureShape, path: str) -> dict[str, Any]:
    route = route_of(operation)
    match = route.path.fullmatch(path)
    labels = dict(zip(route.labels, match.groups(), strict=True)) if match else {}
    return {
        name: from_text(member, labels[label])
        for name, member, label in _located(shape, "uri")
        if label in labels
    }


def _query(operation: OperationModel, shape: StructureShape, query: str) -> dict[str, Any]:
    given: dict[str, list[str]] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        given.setdefault(key, []).append(value)
    for literal, _ in route_of(operation).literals:
        given.pop(literal, None)
    members: dict[str, Any] = {}
    for name, member, key in _located(shape, "querystring"):
        if isinstance(member, MapShape):  # whatever else the query holds
            members[name] = {rest: values[-1] for rest, values in given.items()}
            given.clear()
        elif key in given:
            values = given.pop(key)
            if isinstance(member, ListShape):
                members[name] = [from_text(member.member, one) for one in values]
            else:
                members[name] = from_text(member, values[-1])
    foreign = {key: values for key, values in given.items() if not key.lower().startswith("x-amz-")}
    return members | {f"?{key}": values[-1] for key, values in foreign.items() if key.lower() not in _QUERY}


def _headers(shape: StructureShape, headers: Mapping[str, str]) -> dict[str, Any]:
    given = {key: value for key, value in headers.items() if value or key != "content-type"}
    members: dict[str, Any] = {}
    for name, member, key in _located(shape, "header"):
        if (text := given.pop(key.lower(), None)) is not None:
            members[name] = from_text(member, text)
    for name, _, prefix in _located(shape, "headers"):
        low = prefix.lower()
        matching = {key[len(low) :]: value for key, value in given.items() if key.startswith(low)}
        given = {key: value for key, value in given.items() if not key.startswith(low)}
        if matching:
            members[name] = matching
    return members | {
        f"{key}:": value
        for key, value in given.items()
        if key.startswith("x-amz-") and key not in _HEADERS and not key.startswith(_CHECKSUM)
    }


def _body(shape: StructureShape, protocol: str, body: bytes) -> dict[str, Any]:
    payload = shape.serialization.get("payload")
    if payload:
        member = shape.members[payload]
        if member.type_name in {"blob", "string"}:
            return (
                {payload: body.decode(errors="replace") if member.type_name == "string" else body}
                if body
                else {}
            )
        return {payload: _payload(member, payload, protocol, body)} if body else {}
    names = body_names(shape)
    if not names or not body:
        return {"<body>": body} if body else {}
    if protocol == "rest-json":
        return json_members(names, shape, read_json(body))
    return xml_members(names, shape, read_xml(body))


def _payload(member: Shape, name: str, protocol: str, body: bytes) -> Any:
    if protocol == "rest-json":
        return from_json(member, read_json(body))
    root = read_xml(body)
    expected = member.serialization.get("name", name)
    return from_xml(member, root) if local(root.tag) == expected else {f"<{local(root.tag)}>": ""}
