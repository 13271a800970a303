"""What an operation may do next. A decision is a pure function of what was read; the conductor carries it out."""

from typing import Literal

import msgspec

from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.version import Version

UNREAD = "unread"


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation knows: read together, forgotten after every wait and after every call that moves something.

    Attributes:
        journal: as stored (an empty one when there is none yet).
        endpoint: as described, None when there is none.
        now: seconds since the epoch, by S3's clock.
        described: when the endpoint was described, by the same clock; earlier than `now` after a write.
        unrecorded: what the endpoint's tag says of a move made without the journal; None when there is none,
            "unread" when the tag was not read.
        taken: how many calls of this operation towards the present intent SageMaker has accepted.
        answered: every call that this operation sent has been answered, so none is still on its way.
        began: operation behind the journal's decision when this operation first read it.
    """

    journal: Journal
    endpoint: Endpoint | None
    now: float
    described: float
    unrecorded: str | None = UNREAD
    taken: int = 0
    answered: bool = False
    began: str | None = None


class Write(msgspec.Struct, frozen=True, tag=True):
    """Store the journal, if it is still the one read."""

    journal: Journal


class Move(msgspec.Struct, frozen=True, tag=True):
    """One UpdateEndpointWeightsAndCapacities with every variant listed and no counts; never sent after the deadline."""

    weights: Weights
    deadline: float


class Scale(msgspec.Struct, frozen=True, tag=True):
    """Ask for more instances of one version, weights left out; never sent after the deadline."""

    version: Version
    instances: int
    deadline: float


class ChangeFleet(msgspec.Struct, frozen=True, tag=True):
    """One UpdateEndpoint (CreateEndpoint when there is none) to the configuration named; never sent after the deadline."""

    config: str
    fleet: tuple[Version, ...]
    weights: Weights
    deadline: float


class ReadTag(msgspec.Struct, frozen=True, tag=True):
    """Learn whether a move without the journal stands."""


class Wait(msgspec.Struct, frozen=True, tag=True):
    """Wait a little, then read everything again. `why` is shown to whoever waits."""

    why: Literal[
        "endpoint is changing", "another operation may still act", "an earlier call may still arrive"
    ]
    until: float | None = None


class Done(msgspec.Struct, frozen=True, tag=True):
    """Observed, not assumed: the operation's aim holds."""

    summary: str
    warnings: tuple[str, ...] = ()
    already: bool = False


Action = Write | Move | Scale | ChangeFleet | ReadTag | Wait | Done
