"""A bounded world for the traffic protocol: one journal, one endpoint, a few operations, and what may go wrong.

A state is immutable; `tests.model.steps` yields every next one. Each operation is the very `decide` function that runs
in production: the world only carries its actions out, one at a time, in every order.
"""

from collections.abc import Mapping

import msgspec

from modeldelivery.release.core import accept, adopt, reject, rollback, up, weights
from modeldelivery.release.core.accept import Accept
from modeldelivery.release.core.action import Action, Scaling, View
from modeldelivery.release.core.adopt import Adopt
from modeldelivery.release.core.endpoint import Incarnation
from modeldelivery.release.core.journal import Event, EventKind, Journal, Served
from modeldelivery.release.core.reject import Reject
from modeldelivery.release.core.rollback import Rollback
from modeldelivery.release.core.up import Up
from modeldelivery.release.operations.unrecorded import Unrecorded
from modeldelivery.release.version import Version
from tests.model.host import Host

INCARNATION = Incarnation("arn:endpoint", 1.0)


def config_name(fleet: tuple[Version, ...]) -> str:
    return "+".join(sorted(fleet))


def settled_journal(
    live: Version, fleet: tuple[Version, ...], served: tuple[Version, ...], digests: Mapping[Version, str]
) -> Journal:
    """`live` serves everything, the rest of the fleet stands at 0, nothing is under way."""
    share = weights.all_to(live, fleet)
    decision = Event(
        operation="op0", kind=EventKind.UP, at=1.0, actor="ci", reason="", source={}, target=share
    )
    return Journal(
        incarnation=INCARNATION,
        live=live,
        fleet=fleet,
        weights=share,
        digests=dict(digests),
        served=tuple(Served(version=v, since=float(n), whole=float(n)) for n, v in enumerate(served, 1)),
        decision=decision,
        history=(decision,),
    )


Goal = Up | Rollback | Accept | Reject | Adopt | Unrecorded


class Actor(msgspec.Struct, frozen=True, gc=False):
    """An operation: what it wants, what it knows, what call of its is on the way.

    Attributes:
        pending: operation whose intent was under way when it began.
        mark: what the endpoint said of a move without the journal when it began to look.
        fresh: an `up` whose preview was made when everyone else was through, so that it must end as shown.
        trace: what the calls of an emergency move were answered, and when (`tests.model.emergency`).
        outcome: "done", "already", "refused", "broken", "crashed"; None while it runs.
    """

    name: str
    goal: Goal
    journal: Journal | None = None
    etag: int = -1
    view: View | None = None
    taken: tuple[tuple[object, int], ...] = ()
    scaled: tuple[tuple[Version, Scaling], ...] = ()
    answered: bool = True
    began: str | None = None
    pending: str | None = None
    mark: str | None = None
    fresh: bool = False
    trace: tuple[tuple[object, float], ...] = ()
    started: bool = False
    flight: Action | None = None
    outcome: str | None = None

    @property
    def deploys(self) -> bool:
        return isinstance(self.goal, Up)

    def decide(self) -> Action:
        assert self.view is not None
        match self.goal:
            case Rollback():
                return rollback.decide(self.goal, self.view)
            case Up():
                return up.decide(self.goal, self.view)
            case Accept():
                return accept.decide(self.goal, self.view)
            case Reject():
                return reject.decide(self.goal, self.view)
            case Adopt():
                return adopt.decide(self.goal, self.view)
            case Unrecorded():
                raise AssertionError("an emergency move is no decision: it is replayed")

    def forgot(self) -> "Actor":
        """It waits, or does not know how its last act ended: it will read everything again."""
        return msgspec.structs.replace(self, view=None, journal=None, flight=None)

    def ended(self, outcome: str) -> "Actor":
        return msgspec.structs.replace(
            self, view=None, journal=None, flight=None, taken=(), scaled=(), trace=(), outcome=outcome
        )


class Faults(msgspec.Struct, frozen=True, gc=False):
    """How often the world may still misbehave, and time pass."""

    crashes: int = 0
    lost: int = 0
    reverts: int = 0
    foreign: int = 0
    ticks: int = 3


class Rolled(msgspec.Struct, frozen=True, gc=False):
    """What held when a rollback, or a reject, reported done.

    Attributes:
        operator: who rolled back, or rejected.
        target: what serves since.
        rejected: versions rejected by then, by anyone.
        decision: operation of the rollback that stands.
        older: `up`s that began when something else was decided, and are not through.
    """

    operator: str
    target: Version
    rejected: tuple[Version, ...]
    decision: str | None
    older: tuple[str, ...]


class World(msgspec.Struct, frozen=True, gc=False):
    clock: float
    journal: Journal
    etag: int
    host: Host
    actors: tuple[Actor, ...]
    faults: Faults
    foreign_moved: bool = False  # by the console, or without the journal
    by_console: bool = False
    emergency: Version | None = (
        None  # where all traffic was reported to go without the journal; the tag stands
    )
    rolled: tuple[Rolled, ...] = ()
    orphans: tuple[tuple[str, Action], ...] = ()  # calls that nobody waits for, still on their way
    broken: tuple[str, ...] = ()  # rules broken on the way here

    @property
    def ended(self) -> bool:
        return not self.host.pending and all(actor.outcome for actor in self.actors)

    def spent(self, fault: str) -> Faults:
        """What may still go wrong after one more `fault`."""
        return msgspec.structs.replace(self.faults, **{fault: getattr(self.faults, fault) - 1})

    def having(self, index: int, actor: Actor, **changes: object) -> "World":
        """The same world but for one operation, and `changes`."""
        actors = (*self.actors[:index], actor, *self.actors[index + 1 :])
        return msgspec.structs.replace(self, actors=actors, **changes)
