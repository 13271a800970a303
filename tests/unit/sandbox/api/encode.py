"""Requests as a client would write them, right or wrong: botocore writes what it can, the rest is put into its text."""

import base64
import datetime as dt
import json
import urllib.parse

from botocore.serialize import create_serializer

from sandbox.api.request import Request

# Values of the right type that are recognised again in the text that botocore makes of them.
MARKS = {
    "integer": 987654321,
    "long": 987654321,
    "float": 987654321.5,
    "double": 987654321.5,
    "timestamp": dt.datetime(2087, 6, 5, 4, 3, 2, tzinfo=dt.UTC),
    "blob": b"a mark",
}
_WRITTEN = (
    *("987654321.5", "987654321"),
    *("2087-06-05T04:03:02Z", "Thu, 05 Jun 2087 04:03:02 GMT", "3705624182"),
    "YSBtYXJr",
)


def encode(operation, protocol, members):
    """The request of a call with these members; botocore checks none of them."""
    if protocol == "json":
        body = json.dumps(members, default=_text).encode()
        return Request("POST", "/", "", {"content-type": "application/x-amz-json-1.1"}, body)
    serialized = create_serializer(protocol, include_validation=False).serialize_to_request(
        members, operation
    )
    path, _, literal = serialized["url_path"].partition("?")
    given = urllib.parse.urlencode(serialized["query_string"] or {}, doseq=True)
    body = serialized["body"]
    if isinstance(body, dict):
        body = urllib.parse.urlencode(body)
    headers = {name.lower(): str(value) for name, value in serialized["headers"].items()}
    return Request(
        serialized["method"],
        urllib.parse.unquote(path),
        "&".join(filter(None, (literal, given))),
        headers,
        body.encode() if isinstance(body, str) else body or b"",
    )


def marked_as(request, text):
    """The same request with another text where a mark is."""
    for written in _WRITTEN:
        quoted = urllib.parse.quote_plus(written)
        in_body = json.dumps(text) if request.body.startswith(b"{") else text
        body = request.body.replace(written.encode(), in_body.encode()).replace(
            quoted.encode(), in_body.encode()
        )
        headers = {name: value.replace(written, text) for name, value in request.headers.items()}
        query = request.query.replace(quoted, text)
        if (body, headers, query) != (request.body, request.headers, request.query):
            return Request(request.method, request.path, query, headers, body)
    raise AssertionError(f"no mark in {request}")


def _text(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.timestamp()
