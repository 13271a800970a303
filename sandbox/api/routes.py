"""Which call an HTTP method, path and query mean, in the services whose calls are told apart by these."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

from botocore.model import OperationModel

from modeldelivery.awsmodels.models import input_of, service_model
from sandbox.api.request import Request

_LABEL = re.compile(r"\{([^}]*?)(\+?)\}")


@dataclass(frozen=True)
class Route:
    """A call's URI template.

    Attributes:
        literals: query items that the template itself names.
        required: query and header names without which it is another call.
        labels: what the path's groups are called.
    """

    action: str
    method: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    literals: frozenset[tuple[str, str]]
    required: frozenset[str]

    def score(self, request: Request, query: Mapping[str, str]) -> int:
        """How specific a match is; -1 when there is none."""
        if request.method != self.method or not self.path.fullmatch(request.path):
            return -1
        if any(name not in query or (value and query[name] != value) for name, value in self.literals):
            return -1
        if any(name not in query and name.lower() not in request.headers for name in self.required):
            return -1
        return 2 * len(self.literals) + len(self.required)


def action_of(service: str, request: Request) -> str:
    """The call's name; `METHOD /path` when the service has no such call."""
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    best = max(_routes(service), key=lambda route: route.score(request, query), default=None)
    if best and best.score(request, query) >= 0:
        return best.action
    return f"{request.method} {request.path}"


@cache
def route_of(operation: OperationModel) -> Route:
    """The route of one call."""
    path, _, query = operation.http["requestUri"].partition("?")
    pieces, labels, position = [], [], 0
    for label in _LABEL.finditer(path):
        pieces += [re.escape(path[position : label.start()]), "(.+)" if label[2] else "([^/]+)"]
        labels.append(label[1])
        position = label.end()
    pattern = "".join(pieces) + re.escape(path[position:])
    literals = frozenset((n, v) for n, v in parse_qsl(query, keep_blank_values=True) if n != "x-id")
    shape = input_of(operation)
    required = frozenset(
        shape.members[name].serialization["name"]
        for name in shape.required_members
        if shape.members[name].serialization.get("location") in {"querystring", "header"}
    )
    return Route(
        operation.name,
        operation.http["method"],
        re.compile(pattern + "/?"),
        tuple(labels),
        literals,
        required,
    )


@cache
def _routes(service: str) -> tuple[Route, ...]:
    model = service_model(service)
    if model is None:
        return ()
    operations = [model.operation_model(name) for name in model.operation_names]
    # A route that two calls share, such as S3's old and new lifecycle calls, means the one that AWS still recommends.
    return tuple(route_of(one) for one in sorted(operations, key=lambda one: bool(one.deprecated)))
