"""What an operation needs of the world; `release.aws` has it on AWS, tests have it in memory."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.version import Version


class ConflictError(Exception):
    """The journal is no longer what was read."""


class BusyError(Exception):
    """SageMaker did not take the call because the endpoint is changing."""


class LostError(Exception):
    """No answer: the call may or may not have been carried out."""


class UnreachableError(Exception):
    """AWS does not answer, or does not let us in; a sentence that says what was asked and what to look at."""


class NoRegistryError(UnreachableError):
    """There is no registry bucket: never made, or in another account."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A journal as stored. `etag` is None when there is no object yet; `now` is the response's Date, in seconds."""

    journal: Journal
    etag: str | None
    now: float


class JournalStore(Protocol):
    """The journal's object."""

    def read(self) -> Stored:
        """An empty journal when there is none. Raises LostError, UnreachableError."""
        ...

    def write(self, journal: Journal, etag: str | None) -> Stored:
        """Store, on condition that the object still has `etag` (None: does not exist). Raises ConflictError, LostError."""
        ...


class Hosting(Protocol):
    """One endpoint. No call is retried: each is sent once, within the time-out."""

    def describe(self) -> Endpoint | None:
        """DescribeEndpoint; None when there is none. Raises LostError, UnreachableError."""
        ...

    def move(self, weights: Weights) -> None:
        """UpdateEndpointWeightsAndCapacities, every variant listed. Raises BusyError, LostError."""
        ...

    def scale(self, version: Version, instances: int) -> None:
        """The same call for one variant's count. Raises BusyError, LostError."""
        ...

    def prepare_fleet(self, config: str, fleet: Sequence[Version], weights: Weights) -> None:
        """Make the configuration and clear the way for it: many calls, none of which changes what serves.

        Raises BusyError, LostError, UnreachableError.
        """
        ...

    def change_fleet(self, config: str) -> None:
        """UpdateEndpoint, or CreateEndpoint, to what was prepared. Raises BusyError, LostError."""
        ...

    def unrecorded(self) -> str | None:
        """What the endpoint's tag says of a move made without the journal. Raises LostError, UnreachableError."""
        ...


class Clock(Protocol):
    """Elapsed time and pauses; never the date."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Progress(Protocol):
    """Where a person sees what an operation is doing."""

    def note(self, sentence: str) -> None:
        """Something was done."""
        ...

    def waiting(self, why: str, seconds: float) -> None:
        """Waiting has gone on for so many seconds."""
        ...
