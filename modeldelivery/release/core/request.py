"""What config asks of an endpoint: one vocabulary for the program, the provider, a preview's reader and the core.

On the wire, keys are in camelCase; a field that is not known is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from modeldelivery.release.errors import InvalidError
from modeldelivery.release.naming import MAX_FLEET, Environment, parse_environment
from modeldelivery.release.version import Version, parse_version

_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")  # RFC 1035: what a Service may be called
_LONGEST_LABEL, _LAST_PORT = 63, 65535


class BadRequestError(InvalidError):
    """A release that contradicts itself."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A part of a request, as it goes over the wire."""

    def plain(self) -> dict[str, object]:
        """As it goes over the wire: JSON's types, what is not given left out, a value that is known only later as it is."""
        names = zip(self.__struct_encode_fields__, self.__struct_fields__, strict=True)
        given = ((key, value) for key, name in names if (value := getattr(self, name)) is not None)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in given}


class IgnoredTags(Part, frozen=True, kw_only=True):
    """Tags that others manage, an organisation's cost centre for one: neither drift nor this program's to set or remove.

    The same as pulumi-aws' `aws:ignoreTags`: a tag is one of them by its key, or by how that begins.
    """

    keys: tuple[str, ...] = ()
    key_prefixes: tuple[str, ...] = ()

    def has(self, key: str) -> bool:
        return key in self.keys or key.startswith(self.key_prefixes)


class Capture(Part, frozen=True, kw_only=True):
    """What of an endpoint's invocations is kept, requests and answers both.

    Attributes:
        percent: of the invocations, 1 to 100.
        destination: `s3://` URI of the prefix under which they are.
    """

    percent: int
    destination: str

    def __post_init__(self) -> None:
        if not 1 <= self.percent <= 100:  # noqa: PLR2004 - a percentage
            raise BadRequestError(f"capture.percent is {self.percent}; it may be 1 to 100")


class Release(Part, frozen=True, kw_only=True):
    """Which versions are on the endpoint, and which of them config asks to serve.

    Raises:
        BadVersionError, BadRequestError: on construction.
    """

    live: Version
    fleet: tuple[Version, ...]

    def __post_init__(self) -> None:
        for version in (self.live, *self.fleet):
            parse_version(version)
        if not 1 <= len(self.fleet) <= MAX_FLEET:
            raise BadRequestError(
                f"release.fleet has {len(self.fleet)} versions; it may have 1 to {MAX_FLEET}"
            )
        repeated = sorted({v for v in self.fleet if self.fleet.count(v) > 1})
        if repeated:
            raise BadRequestError(f"release.fleet names {', '.join(repeated)} more than once")
        if self.live not in self.fleet:
            raise BadRequestError(
                f"release.live {self.live} is not in release.fleet ({', '.join(self.fleet)})",
                hint="what is not in the fleet cannot serve: add it there",
            )


class ReleaseRule(Release, frozen=True, kw_only=True):
    """The release, and how many of the newest approved versions above `live` join its fleet by themselves, at weight 0."""

    candidates: Annotated[int, Meta(ge=0, le=MAX_FLEET - 1)] = 0

    def of(self, fleet: Iterable[str]) -> Release:
        """The release with the members that the registry's answer has."""
        return Release(live=self.live, fleet=tuple(Version(version) for version in fleet))


class Rules(Part, frozen=True, kw_only=True):
    """How careful an environment is; environments differ in these values only.

    Attributes:
        rollout_required: config's `live` may only name a version that finished a rollout here, or carried everything here.
        separate_drop: moving traffic and dropping the version it leaves are two changes.
        bake_seconds: how long a version serves before the fleet may change again.
        promotes_from: environment where a version must have carried everything before it gets traffic here; a preview's
            reader holds a change to it.
        drill_within_days: a drill must have passed within so many days; a policy holds a change to it.
    """

    rollout_required: bool = False
    separate_drop: bool = False
    bake_seconds: int = 0
    promotes_from: Environment | None = None
    drill_within_days: Annotated[int, Meta(ge=1)] | None = None

    def __post_init__(self) -> None:
        if self.promotes_from is not None:
            parse_environment(self.promotes_from)

    def weaker_than(self, before: "Rules") -> Iterator[str]:
        """What these rules no longer demand, a sentence for each: the one place that says when a rule got weaker."""
        if before.rollout_required and not self.rollout_required:
            yield "a version may be live without a finished rollout"
        if before.separate_drop and not self.separate_drop:
            yield "moving traffic and dropping a version may be one change"
        if before.promotes_from and self.promotes_from != before.promotes_from:
            yield (
                f"a version need not have carried all traffic in {before.promotes_from} before it gets traffic here"
            )
        if before.drill_within_days and not self.drill_within_days:
            yield f"no drill need have passed within {before.drill_within_days} days"
        elif (
            before.drill_within_days
            and self.drill_within_days
            and self.drill_within_days > before.drill_within_days
        ):
            yield f"a drill may be {self.drill_within_days} days old, not {before.drill_within_days}"
        if self.bake_seconds < before.bake_seconds:
            yield (
                f"the fleet may change {self.bake_seconds} s after a version began to serve, not {before.bake_seconds} s"
            )


class Member(Part, frozen=True, kw_only=True):
    """One version of a fleet and what it runs on.

    Attributes:
        digest: id of its digest set.
        model_name: the platform's name of what serves it.
        instance_count: what it starts with.
    """

    version: Version
    digest: str
    model_name: str
    instance_type: str
    instance_count: int

    def __post_init__(self) -> None:
        parse_version(self.version)


class RouteMember(Part, frozen=True, kw_only=True):
    """One version of a fleet on Kubernetes, the bits that it is, and what serves it.

    Attributes:
        digest: id of its digest set; "" where the journal alone knows it.
        name: of its Deployment, and of its Service.
        port: of the Service.
    """

    version: Version
    digest: str
    name: str
    port: int = 8080

    def __post_init__(self) -> None:
        parse_version(self.version)
        if len(self.name) > _LONGEST_LABEL or not _LABEL.fullmatch(self.name):
            raise BadRequestError(
                f"{self.name!r} is no name of a Service: lowercase letters, digits and hyphens, a letter first, "
                f"{_LONGEST_LABEL} characters at most"
            )
        if not 1 <= self.port <= _LAST_PORT:
            raise BadRequestError(f"port is {self.port}; it may be 1 to {_LAST_PORT}")


def refuse_shared(names: Mapping[Version, str]) -> None:
    """Raises BadRequestError for versions that one Deployment would serve: it has one version's bits, and one share of the traffic.

    Args:
        names: of the Deployment of each version.
    """
    by_name: dict[str, Version] = {}
    for version, name in names.items():
        first = by_name.setdefault(name, version)
        if first != version:
            raise BadRequestError(
                f"{first} and {version} would both be served by {name}, and a Deployment serves one version",
                hint="give each version a Deployment and a Service of its own name (serving.kubernetes.members)",
            )


class Entrance(Part, frozen=True, kw_only=True):
    """How requests come to a route on Kubernetes.

    Attributes:
        gateway, gateway_namespace: of the Gateway API.
        hostname: that clients ask; "" for any.
        settle_seconds: for how long the gateway may go on as before after it has taken a route.
    """

    gateway: str
    gateway_namespace: str
    hostname: str = ""
    settle_seconds: float = 2.0


class Delivery(Part, frozen=True, kw_only=True):
    """By whom the fleet of a route on Kubernetes is delivered from Git.

    Attributes:
        application: name of Argo CD's Application.
        namespace: where that is.
        path: of the folder in Git that it delivers.
    """

    application: str
    namespace: str
    path: str


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The release as config states it, with the digest set of each version of the fleet.

    Raises:
        BadRequestError: on construction, when a digest is missing.
    """

    release: Release
    digests: Mapping[Version, str]
    rules: Rules = Rules()

    def __post_init__(self) -> None:
        missing = [v for v in self.release.fleet if v not in self.digests]
        if missing:
            raise BadRequestError(f"no digest set is known for {', '.join(missing)}")

    @property
    def live(self) -> Version:
        return self.release.live

    @property
    def fleet(self) -> tuple[Version, ...]:
        return self.release.fleet
