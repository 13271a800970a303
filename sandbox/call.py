"""Which AWS call an HTTP request is: service, action, caller's key and region."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs, parse_qsl

import botocore.session
from botocore.model import OperationModel

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
    protocol: str  # of its errors: "json", "rest-json", "query", "rest-xml"


@dataclass(frozen=True)
class Request:
    """What identifies a call in an HTTP request; header names are lowercase."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    target: str = ""  # path and query as on the wire, percent-encoded: what the caller signed


def identify(request: Request) -> Call:
    """Name the call; an action that botocore's own service models do not hold is `METHOD /path`."""
    scope = _SCOPE.search(request.headers.get("authorization", "")) or _SCOPE.search(
        "Credential=" + next(iter(parse_qs(request.query).get("X-Amz-Credential", [])), "")
    )
    key, region, service = scope.groups() if scope else ("", "", "")
    if target := request.headers.get("x-amz-target"):
        return Call(service, target.rpartition(".")[2], key, region, "json")
    if cbor := _CBOR.fullmatch(request.path):
        return Call(service, cbor[1], key, region, "json")
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(request.body.decode(errors="replace")).get("Action", [""])[0]
        if action:
            return Call(service, action, key, region, "query")
    protocol = "rest-xml" if service in {"s3", ""} else "rest-json"
    return Call(service, _rest_action(service, request), key, region, protocol)


def caller_of(request: Request) -> str:
    """What the calling process calls itself (AWS_SDK_UA_APP_ID, which every AWS SDK puts in its user agent), else ""."""
    named = _APPLICATION.search(request.headers.get("user-agent", ""))
    return named[1] if named else ""


@dataclass(frozen=True)
class _Route:
    action: str
    method: str
    path: re.Pattern[str]
    literals: frozenset[tuple[str, str]]  # query items that the URI template itself names
    required: frozenset[str]  # query and header names without which it is another call

    def score(self, request: Request, query: Mapping[str, str]) -> int:
        """How specific a match is; -1 when there is none."""
        if request.method != self.method or not self.path.fullmatch(request.path):
            return -1
        if any(name not in query or (value and query[name] != value) for name, value in self.literals):
            return -1
        if any(name not in query and name.lower() not in request.headers for name in self.required):
            return -1
        return 2 * len(self.literals) + len(self.required)


def _rest_action(service: str, request: Request) -> str:
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    best = max(_routes(service), key=lambda route: route.score(request, query), default=None)
    if best and best.score(request, query) >= 0:
        return best.action
    return f"{request.method} {request.path}"


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    session = botocore.session.get_session()
    if service not in session.get_available_services():
        return ()
    model = session.get_service_model(service)
    return tuple(_route(model.operation_model(name)) for name in model.operation_names)


def _route(operation: OperationModel) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    template = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
    template = re.sub(r"\{[^}]*\\\+\}", "(.+)", template)
    template = re.sub(r"\{[^}]*\}", "([^/]+)", template)
    literals = frozenset((n, v) for n, v in parse_qsl(query, keep_blank_values=True) if n != "x-id")
    shape = operation.input_shape
    members = shape.members.items() if shape else ()
    required = frozenset(
        member.serialization["name"]
        for name, member in members
        if name in shape.required_members  # type: ignore[union-attr]
        and member.serialization.get("location") in {"querystring", "header"}
    )
    return _Route(operation.name, operation.http["method"], re.compile(template + "/?"), literals, required)
