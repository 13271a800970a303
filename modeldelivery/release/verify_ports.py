"""What a verification needs of the world beside `release.ports`. Errors are those of `release.ports`."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from modeldelivery.release.core.probes import Answer, Request
from modeldelivery.release.core.request import Member
from modeldelivery.release.version import Version


class Invocations(Protocol):
    """One endpoint's variants, each asked by itself, whatever its weight."""

    def invoke(self, version: Version, request: Request) -> Answer:
        """Send once; what the container makes of it is an answer, and no error."""
        ...


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What became of requests that were sent at one rate.

    Attributes:
        answered: with a status that says that it went well.
        failed: otherwise, or not at all.
        p99_ms: 99th percentile of the answers' milliseconds.
        rate: answers a second, between the first and the last.
    """

    answered: int
    failed: int
    p99_ms: float
    rate: float


class Loads(Protocol):
    """Requests to one variant at a rate."""

    def refuse_unready(self) -> None:
        """Raises RefusedError where no load can be made from here."""
        ...

    def send(
        self, version: Version, requests: Sequence[Request], *, rate: float, seconds: int, limit_ms: int
    ) -> Served:
        """So many requests a second, for so many seconds; answers within the limit let the callers keep the rate up."""
        ...


class Hosts(Protocol):
    """What versions run on."""

    def members(self, config: str) -> Mapping[Version, Member]:
        """By version, of the content of an endpoint by its name; nothing of one that is not there."""
        ...


class Verifying(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    invocations: Invocations
    loads: Loads
    hosts: Hosts
