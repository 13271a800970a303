"""A call with its parameters, whatever protocol carried them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from sandbox.call import Call, Request

_INDEX = re.compile(r"\.(?:member|entry)\.(\d+)")


@dataclass(frozen=True)
class Operation:
    """One call of an account's.

    `parameters` have AWS's own names; of S3 they are Bucket, Key and the query's items. Header names are lowercase.
    """

    service: str  # the signing name
    action: str
    account: str
    region: str
    parameters: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def text(self, name: str) -> str:
        """A parameter that is a text; "" when it is not given."""
        value = self.parameters.get(name)
        return value if isinstance(value, str) else ""


def operation(call: Call, account: str, request: Request) -> Operation:
    """Read a call's parameters. Raises ValueError when its body is not what its protocol says."""
    if call.service == "s3":
        bucket, _, key = request.path.lstrip("/").partition("/")
        named = {"Bucket": bucket, "Key": key, **dict(parse_qsl(request.query, keep_blank_values=True))}
        parameters: Mapping[str, Any] = {name: value for name, value in named.items() if value}
    elif call.protocol == "query":
        parameters = _nested(dict(parse_qsl(request.body.decode(), keep_blank_values=True)))
    else:
        parameters = json.loads(request.body or b"{}")
        if not isinstance(parameters, dict):
            raise ValueError("the body is no JSON object")
    return Operation(
        call.service, call.action, account, call.region, parameters, request.headers, request.body
    )


def _nested(flat: Mapping[str, str]) -> dict[str, Any]:
    """A form's `Tags.member.1.Key=a` as `{"Tags": [{"Key": "a"}]}`."""
    root: dict[str, Any] = {}
    for name, value in flat.items():
        # "Tags.member.1.Key" → Tags, 1, Key: an index says that what it is in is a list
        path = _INDEX.sub(r".\1", name).split(".")
        place = root
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = value
    return {name: _lists(value) for name, value in root.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    within = {name: _lists(each) for name, each in value.items()}
    if within and all(name.isdigit() for name in within):
        return [within[name] for name in sorted(within, key=int)]
    return within
