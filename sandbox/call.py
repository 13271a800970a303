"""Which AWS call an HTTP request is: service, action, caller's key and region."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from sandbox.api.request import Request
from sandbox.api.routes import action_of

_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_APPLICATION = re.compile(r"(?:^|\s)app/(\S+)")
_CBOR = re.compile(r"/service/[^/]+/operation/(\w+)")


@dataclass(frozen=True)
class Call:
    """One signed request."""

    service: str  # the signing name: "sagemaker", "s3"
    action: str  # "CreateEndpoint"
    key: str  # access key id; "" when unsigned
    region: str
    protocol: str  # "json", "cbor", "rest-json", "query", "rest-xml"
    members: Mapping[str, Any] = field(default_factory=dict)  # what the caller gave, once it is read


def identify(request: Request) -> Call:
    """Name the call; an action that botocore's own service models do not hold is `METHOD /path`."""
    scope = _SCOPE.search(request.headers.get("authorization", "")) or _SCOPE.search(
        "Credential=" + next(iter(parse_qs(request.query).get("X-Amz-Credential", [])), "")
    )
    key, region, service = scope.groups() if scope else ("", "", "")
    if target := request.headers.get("x-amz-target"):
        return Call(service, target.rpartition(".")[2], key, region, "json")
    if cbor := _CBOR.fullmatch(request.path):
        return Call(service, cbor[1], key, region, "cbor")
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(request.body.decode(errors="replace")).get("Action", [""])[0]
        if action:
            return Call(service, action, key, region, "query")
    protocol = "rest-xml" if service in {"s3", ""} else "rest-json"
    return Call(service, action_of(service, request), key, region, protocol)


def caller_of(request: Request) -> str:
    """What the calling process calls itself (AWS_SDK_UA_APP_ID, which every AWS SDK puts in its user agent), else ""."""
    named = _APPLICATION.search(request.headers.get("user-agent", ""))
    return named[1] if named else ""
