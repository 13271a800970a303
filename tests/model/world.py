"""A bounded world for the traffic protocol: one journal, one endpoint, a few operations, and what may go wrong.

A state is immutable; `tests.model.steps` yields every next one. Each operation is the very `decide` function that runs
in production: the world only carries its actions out, one at a time, in every order.
"""

from collections.abc import Mapping

import msgspec

from modeldelivery.release.core import rollback, up, weights
from modeldelivery.release.core.action import Action, View
from modeldelivery.release.core.endpoint import Condition, Endpoint, Incarnation, Variant
from modeldelivery.release.core.journal import Event, EventKind, Journal, Served
from modeldelivery.release.version import Version

INCARNATION = Incarnation("arn:endpoint", 1.0)

Spread = tuple[tuple[Version, int], ...]


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


class Host(msgspec.Struct, frozen=True, gc=False):
    """The endpoint as its platform has it.

    Attributes:
        pending: configuration and spread that it is changing to.
        version: of the object that weights are written to, on a platform with compare-and-swap; 0 on one without.
        seal: operation that last wrote there.
    """

    config: str
    current: Spread
    desired: Spread
    pending: tuple[str, Spread] | None = None
    version: int = 0
    seal: str | None = None

    @property
    def swaps(self) -> bool:
        """Whether the platform has compare-and-swap."""
        return self.version > 0

    def described(self) -> Endpoint:
        desired = dict(self.desired)
        return Endpoint(
            incarnation=INCARNATION,
            condition=Condition.BUSY if self.pending else Condition.READY,
            word="Updating" if self.pending else "InService",
            config=self.config,
            variants={
                v: Variant(current=w, desired=desired[v], instances=1, instances_desired=1)
                for v, w in self.current
            },
            token=str(self.version) if self.swaps else "",
            seal=self.seal,
        )


class Actor(msgspec.Struct, frozen=True, gc=False):
    """An operation: what it wants, what it knows, what call of its is on the way."""

    name: str
    goal: up.Up | rollback.Rollback
    journal: Journal | None = None
    etag: int = -1
    view: View | None = None
    taken: tuple[tuple[object, int], ...] = ()
    answered: bool = True
    began: str | None = None
    pending: str | None = None
    started: bool = False
    flight: Action | None = None
    outcome: str | None = None  # "done", "already", "refused", "broken", "crashed"

    @property
    def operator(self) -> bool:
        return isinstance(self.goal, rollback.Rollback)

    def decide(self) -> Action:
        assert self.view is not None
        if isinstance(self.goal, rollback.Rollback):
            return rollback.decide(self.goal, self.view)
        return up.decide(self.goal, self.view)

    def forgot(self) -> "Actor":
        """It waits, or does not know how its last act ended: it will read everything again."""
        return msgspec.structs.replace(self, view=None, journal=None, flight=None)

    def ended(self, outcome: str) -> "Actor":
        return msgspec.structs.replace(self, view=None, journal=None, flight=None, taken=(), outcome=outcome)


class Faults(msgspec.Struct, frozen=True, gc=False):
    """How often the world may still misbehave, and time pass."""

    crashes: int = 0
    lost: int = 0
    reverts: int = 0
    foreign: int = 0
    ticks: int = 3


class Rolled(msgspec.Struct, frozen=True, gc=False):
    """What held when a rollback reported done.

    Attributes:
        operator: who rolled back.
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
    foreign_moved: bool = False
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
