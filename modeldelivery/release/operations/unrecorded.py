"""Move traffic while the journal cannot be reached, and say so on the endpoint itself (docs/operations.md)."""

import re
from typing import Protocol

import msgspec

from modeldelivery.release.conduct import GaveUpError, Patience
from modeldelivery.release.core import weights
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.intent import CLOCK_STEP, LEASE, TRIES, EndpointBrokenError, refuse_broken
from modeldelivery.release.core.resolve import RefusedError
from modeldelivery.release.ports import BusyError, Clock, Hosting, LostError, Progress, UnreachableError
from modeldelivery.release.version import Version

_NOT_IN_A_TAG = re.compile(
    r"[^\w .:/=+\-@]"
)  # SageMaker takes letters, digits, spaces and these in a tag's value


class TaggedError(Exception):
    """The endpoint is tagged; traffic was not seen to move. The message says why."""


class TaggedHosting(Hosting, Protocol):
    """An endpoint whose tag can say what the journal does not know."""

    def tag_unrecorded(self, text: str) -> None: ...

    def untag(self) -> None: ...


class Unrecorded(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator asks for: all traffic to one version, now. `operation` is the id of this run."""

    operation: str
    actor: str
    reason: str
    to: Version

    @property
    def tag(self) -> str:
        """What the endpoint's tag says, in the characters that a tag takes."""
        return _NOT_IN_A_TAG.sub(" ", f"{self.operation}: {self.actor} moved all to {self.to}: {self.reason}")


def move(
    asked: Unrecorded, hosting: TaggedHosting, clock: Clock, progress: Progress, patience: float
) -> None:
    """Tag, move, and watch until Current is what was asked and no call that was on its way can undo it.

    The tag goes first: from then on nothing that reads it moves traffic. Whoever read the endpoint before may still send
    one call within its lease, so that long is watched.

    Raises:
        RefusedError, EndpointBrokenError: the endpoint cannot serve the version; nothing was done.
        LostError, UnreachableError: SageMaker does not answer; nothing is known to have been done.
        TaggedError: whatever went wrong after the tag; run again.
    """
    _fit(asked.to, hosting.describe())
    hosting.tag_unrecorded(asked.tag)
    progress.note("tagged: the journal does not know of this move")
    try:
        _carry_out(asked, hosting, Patience(clock, progress, patience), progress)
    except (RefusedError, EndpointBrokenError, LostError, UnreachableError, GaveUpError) as error:
        raise TaggedError(str(error)) from error
    except KeyboardInterrupt as error:
        raise TaggedError("interrupted") from error


def _carry_out(asked: Unrecorded, hosting: TaggedHosting, watch: Patience, progress: Progress) -> None:
    taken = 0
    while True:
        looked = watch.elapsed
        try:
            endpoint = _fit(asked.to, hosting.describe())
            target = weights.all_to(asked.to, endpoint.variants)
            if endpoint.status.busy:
                watch.pause("endpoint is changing")
            elif weights.same(endpoint.current, target) and weights.same(endpoint.desired, target):
                if looked > LEASE + CLOCK_STEP:
                    return
                watch.pause("traffic has moved; watching that no call already on its way moves it again")
            elif taken >= TRIES:
                raise EndpointBrokenError(f"SageMaker took the weights {taken} times and took them back")
            else:
                progress.note(f"moving all traffic to {asked.to}")
                hosting.move(target)
                taken += 1
        except (BusyError, LostError) as error:
            watch.pause(f"not taken, or no answer: {error}")


def _fit(to: Version, endpoint: Endpoint | None) -> Endpoint:
    """The endpoint, if it can serve the version. Raises RefusedError, EndpointBrokenError."""
    if endpoint is None:
        raise RefusedError("there is no endpoint, so there is no traffic to move: `pulumi up` makes one")
    refuse_broken(endpoint)
    if to not in endpoint.variants:
        raise RefusedError(
            f"{to} is not on the endpoint (there: {', '.join(sorted(endpoint.variants))}): choose one of these"
        )
    if endpoint.variants[to].instances < 1 and not endpoint.status.busy:
        raise RefusedError(f"{to} has no running instance: choose another with --to")
    return endpoint
