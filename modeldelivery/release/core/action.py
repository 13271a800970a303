"""What an operation may do next. A decision is a pure function of what was read; the runner carries it out."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec

from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal, Parked
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.version import Version

CLOCK_STEP = 1.0  # seconds; the store's clock shows whole ones


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long calls of a platform take; each adapter says its own.

    Attributes:
        lease: seconds for which a new intent may send its call.
        call: seconds that one call may take, time-outs included.
        tries: moves towards one aim that the platform may take and undo before an operation gives up.
        scaling: seconds for which instances are requested, and then awaited, before traffic moves to those that there are.
        awaits: whether an accepted request has to be awaited; else nothing can be moved until the platform has carried it out.
        lag: seconds for which a description may still show what was, after a call was accepted.
    """

    lease: float = 8.0
    call: float = 4.0
    tries: int = 3
    scaling: float = 60.0
    awaits: bool = False
    lag: float = 30.0

    def may_send(self, deadline: float, now: float) -> bool:
        """Whether a call sent now has answered, or failed, before the deadline."""
        return now + self.call + CLOCK_STEP <= deadline


class Question(StrEnum):
    """What an operation may want to know beside the journal and the endpoint; only then is the platform asked."""

    MARK = "mark"  # what the endpoint itself says of a move made without the journal; None when there is none
    OWNER = "owner"  # the journal that the endpoint names as its own; None when it names none


class Scaling(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an operation's request for more instances of one version.

    Attributes:
        instances: how many were requested.
        since: when they were first requested, by the store's clock.
        ended: why none are requested any more, as a sentence goes on; empty while they may be.
        accepted: whether that is because the platform took the request.
        until: the last instant at which one that was not answered may still arrive, and ask for the weights of its time.
    """

    instances: int
    since: float
    ended: str = ""
    accepted: bool = False
    until: float = 0.0


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of the fleet, ready to be requested, leaves to be done once it is over.

    Attributes:
        parks: scaling that it takes away.
        resizes: versions whose instances config changes in number and that get the new number by a call of their own, with the
            number that each has.
    """

    parks: Mapping[Version, Parked] = {}
    resizes: Mapping[Version, int] = {}


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation knows: read together, forgotten after every wait and after every call that moves something.

    Attributes:
        journal: as stored (an empty one when there is none yet).
        endpoint: as described, None when there is none.
        now: seconds since the epoch, by the store's clock.
        described: when the endpoint was described, by the same clock; earlier than `now` after a write.
        timing: of the platform.
        answers: to the questions asked since (of the mark: since the last intent was written); one that is not there was not asked.
        taken: how many calls of this operation towards the present intent, requests for instances aside, the platform has
            accepted.
        lagging: the last accepted call may not be shown yet: no change was seen since, and it was accepted only just now.
        scaled: requests of this operation for more instances.
        prepared: what the change of the fleet which was prepared leaves to be done; None before one was.
        put_back: what the journal has as parked was put back since.
        answered: every call that this operation sent has been answered, so none is still on its way.
        confirmed: this operation stored the journal after the endpoint was described, so nobody else had until then.
        began: operation behind the journal's decision when this operation first read it.
        pending: operation whose intent was under way then.
        opened: this operation's own intent was in the journal before, as it was stored or read.
    """

    journal: Journal
    endpoint: Endpoint | None
    now: float
    described: float
    timing: Timing = Timing()
    answers: Mapping[Question, str | None] = {}
    taken: int = 0
    lagging: bool = False
    scaled: Mapping[Version, Scaling] = {}
    prepared: Prepared | None = None
    put_back: bool = False
    answered: bool = False
    confirmed: bool = False
    began: str | None = None
    pending: str | None = None
    opened: bool = False

    def wrote(self, journal: Journal) -> "View":
        """After a write of the journal, what was seen of the endpoint still stands.

        What was known of the mark is older than an intent that was written after it: whoever asks again before its call
        knows that a mark made later waits the intent's lease out.
        """
        stale = {Question.MARK} if journal.intent else set()
        answers = {question: answer for question, answer in self.answers.items() if question not in stale}
        return msgspec.structs.replace(self, journal=journal, confirmed=True, answers=answers)

    @property
    def mark(self) -> str | None:
        """The mark of a move without the journal, as far as it is known."""
        return self.answers.get(Question.MARK)


class Write(msgspec.Struct, frozen=True, tag=True):
    """Store the journal, if it is still the one read."""

    journal: Journal


class Move(msgspec.Struct, frozen=True, tag=True):
    """Give every version its weight, in one call; never sent after the deadline.

    On a target with compare-and-swap the call carries the token of what was described, and leaves the operation's id.
    `instances` takes a request for more back, of versions that did not get them: the platform may else make it again with
    this call, and refuse or undo both. Otherwise the call says nothing of instances.
    """

    weights: Weights
    deadline: float
    operation: str
    token: str = ""
    instances: Mapping[Version, int] = {}


class Scale(msgspec.Struct, frozen=True, tag=True):
    """Request more instances of one version; never sent after the deadline.

    The weights are those in force, of every version: an endpoint's first such call is refused without them, and a platform
    may take what an earlier call left as Desired for those that are not named. `why` is shown to whoever waits.
    """

    version: Version
    instances: int
    deadline: float
    weights: Mapping[Version, float]
    why: str = "before it gets traffic (`modelctl rollback --now` does not)"


class ChangeFleet(msgspec.Struct, frozen=True, tag=True):
    """Bring the endpoint (make it, when there is none) to the fleet content named; never sent after the deadline."""

    config: str
    fleet: tuple[Version, ...]
    weights: Weights
    deadline: float
    operation: str
    token: str = ""


class PutBack(msgspec.Struct, frozen=True, tag=True):
    """Make the scaling again that a change of the fleet took away; it moves no traffic, and may be repeated."""

    parked: Mapping[Version, Parked]


class Ask(msgspec.Struct, frozen=True, tag=True):
    """Learn the answer to a question; what was seen of the endpoint still stands."""

    question: Question


class Wait(msgspec.Struct, frozen=True, tag=True):
    """Wait a little, then read everything again. `why` is shown to whoever waits."""

    why: Literal[
        "endpoint is changing",
        "another operation may still act",
        "an earlier call may still arrive",
        "the endpoint does not show the accepted call yet",
        "the instances that were requested are starting",
    ]
    until: float | None = None


class Done(msgspec.Struct, frozen=True, tag=True):
    """Observed, not assumed: the operation's aim holds. `resizes` names what an `up` leaves to calls of their own."""

    summary: str
    warnings: tuple[str, ...] = ()
    already: bool = False
    resizes: tuple[Version, ...] = ()


Call = Move | Scale | ChangeFleet
Action = Write | Call | PutBack | Ask | Wait | Done
