"""Inputs of endpoints and routes as they come over the wire, read strictly."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

import msgspec

from modeldelivery.plugin.values import UNKNOWN
from modeldelivery.release.core.journal import ClusterPlace
from modeldelivery.release.core.request import (
    BadRequestError,
    Capture,
    Delivery,
    Entrance,
    IgnoredTags,
    Member,
    Release,
    Request,
    RouteMember,
    Rules,
    refuse_shared,
)
from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.version import Version

NOT_YET = "(known after apply)"


class BadInputError(DeliveryError):
    """An input that is not what the resource takes; `key` is the property's name."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key


class JournalPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bucket: str
    key: str


class Inputs(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True
):
    """What every target's resource takes (docs/architecture.md).

    `weights`, `serving_at_check`, `fallback_at_check` and `drill_at_check` are added by check, never written by a program; `approvals` are for
    whoever judges the resource, and change nothing on the endpoint.

    Attributes:
        NAMED: input that an error is told of which is of none.
    """

    NAMED: ClassVar[str]

    region: str
    allowed_accounts: tuple[str, ...]
    release: Release
    rules: Rules
    journal: JournalPlace
    profile: str | None = None
    approvals: dict[str, str] = {}
    weights: dict[str, int] | None = None
    serving_at_check: dict[str, int] | None = None
    fallback_at_check: str | None = None
    drill_at_check: str | None = None

    @property
    def name(self) -> str:
        """Of the endpoint, on its platform."""
        raise NotImplementedError

    @property
    def members(self) -> Mapping[Version, Member | RouteMember]:
        """What each version of the fleet runs on."""
        raise NotImplementedError

    @property
    def kept_requests(self) -> Capture | None:
        """What of the invocations is kept."""
        return None

    @property
    def place(self) -> ClusterPlace | None:
        """Where it serves, when that is not SageMaker."""
        return None

    @property
    def request(self) -> Request:
        """What config asks; raises BadInputError."""
        try:
            digests = {m.version: m.digest for m in self.members.values()}
            return Request(release=self.release, digests=digests, rules=self.rules)
        except BadRequestError as error:
            raise BadInputError("release", str(error)) from error


class EndpointInputs(Inputs, frozen=True, kw_only=True):
    """Of an endpoint of SageMaker's; `ignore_tags` are left as they are on it."""

    NAMED = "endpointName"

    endpoint_name: str
    variants: tuple[Member, ...]
    kms_key_arn: str | None = None
    capture: Capture | None = None
    tags: dict[str, str] = {}
    ignore_tags: IgnoredTags = IgnoredTags()

    @property
    def name(self) -> str:
        return self.endpoint_name

    @property
    def members(self) -> Mapping[Version, Member]:
        return {m.version: m for m in self.variants}

    @property
    def kept_requests(self) -> Capture | None:
        return self.capture


class RouteInputs(Inputs, frozen=True, kw_only=True):
    """Of a route on Kubernetes.

    Attributes:
        server: address of the one cluster that may be touched.
        context: of the kubeconfig; without one, any that leads to the server.
        delivery: by whom the versions are delivered from Git; None where whoever makes this resource does.
    """

    NAMED = "routeName"

    route_name: str
    namespace: str
    server: str
    entrance: Entrance
    variants: tuple[RouteMember, ...]
    context: str | None = None
    labels: dict[str, str] = {}
    delivery: Delivery | None = None

    def __post_init__(self) -> None:
        try:
            refuse_shared({each.version: each.name for each in self.variants})
        except BadRequestError as error:
            raise BadInputError("variants", str(error)) from error

    @property
    def name(self) -> str:
        return self.route_name

    @property
    def members(self) -> Mapping[Version, RouteMember]:
        return {m.version: m for m in self.variants}

    @property
    def place(self) -> ClusterPlace:
        return ClusterPlace(server=self.server.rstrip("/"), namespace=self.namespace, route=self.route_name)


Read = TypeVar("Read", bound=Inputs)


def parse_inputs(properties: Mapping[str, Any]) -> EndpointInputs:
    """Read an Endpoint's properties; raises as `parse_as`."""
    return parse_as(EndpointInputs, properties)


def parse_as(kind: type[Read], properties: Mapping[str, Any]) -> Read:
    """Read a resource's properties.

    Raises:
        BadInputError: naming the property, what it holds and what it takes.
    """
    try:
        return msgspec.convert(_plain(properties), kind)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        key = path.rstrip("`").removeprefix("$.") or kind.NAMED
        raise BadInputError(key, reason) from error


def _plain(value: Any) -> Any:
    """Without absent properties, and with a text where a preview does not know the value yet."""
    if value is UNKNOWN:
        return NOT_YET
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
