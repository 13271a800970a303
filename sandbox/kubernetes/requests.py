"""What a request to the API server is, from its first line: the words in which rules of access have it. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}
_APP = re.compile(r"(?:^|\s)app/(\S+)")


@dataclass(frozen=True)
class ApiRequest:
    """One request.

    Attributes:
        verb: get, list, watch, create, update, patch, delete, deletecollection; the method's for a path without a resource.
        group: of the API, `core` for the one without a name; empty for a path without a resource.
        resource: plural, with its subresource: `deployments/scale`; else the path.
    """

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    @property
    def action(self) -> str:
        return f"{self.verb} {self.resource}"


def read(method: str, target: str) -> ApiRequest:
    """What a method and a request's target mean.

    https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
    """
    url = urlsplit(target)
    parts = [part for part in url.path.split("/") if part]
    if parts[:1] == ["api"] and len(parts) > 2:  # noqa: PLR2004 - api, version, and more
        group, rest = "core", parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 3:  # noqa: PLR2004 - apis, group, version, and more
        group, rest = parts[1], parts[3:]
    else:
        return ApiRequest(method.lower(), "", url.path)
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2:  # noqa: PLR2004 - namespaces, its name, and more
        namespace, rest = rest[1], rest[2:]
    name = rest[1] if len(rest) > 1 else ""
    query = parse_qs(url.query)
    if method == "DELETE":
        verb = "delete" if name else "deletecollection"
    elif method in _VERBS:
        verb = _VERBS[method]
    elif query.get("watch", [""])[0] in {"1", "true"}:
        verb = "watch"
    else:
        verb = "get" if name else "list"
    return ApiRequest(verb, group, "/".join([rest[0], *rest[2:]]), namespace, name)


def caller(user_agent: str) -> str:
    """What a client calls itself: `app/NAME`, as the AWS SDKs write it, else the first product's name."""
    named = _APP.search(user_agent)
    return named[1] if named else user_agent.split("/", 1)[0].strip()
