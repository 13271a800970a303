"""What a stream of requests needs of the world, and what it gives."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from modeldelivery.release.core.drill_figures import Answer
from modeldelivery.release.core.probes import Request


class Reply(msgspec.Struct, frozen=True):
    """What became of a request. `status` is 0 where there was no answer, `variant` says who answered."""

    status: int
    variant: str = ""


class Sender(Protocol):
    """The endpoint as its callers have it."""

    def send(self, request: Request) -> Reply:
        """Once, to whichever variant the weights say; whatever comes of it is a reply."""
        ...


class Sending(Protocol):
    """Requests that are being sent."""

    def settled(self) -> list[Answer]:
        """What became of every request, once each that was sent until now has been answered or given up."""
        ...


class Streams(Protocol):
    """Requests to one endpoint, while a `with` block runs."""

    def __call__(self, requests: Sequence[Request], rate: int) -> AbstractContextManager[Sending]:
        """These in turn, so many a second."""
        ...
