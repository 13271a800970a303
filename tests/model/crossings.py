"""Worlds in which operations cross that no earlier one had: accept, adopt, a move without the journal, what was left behind."""

from collections.abc import Callable
from functools import partial

from modeldelivery.release.core import weights
from modeldelivery.release.core.accept import Accept
from modeldelivery.release.core.adopt import Adopt
from modeldelivery.release.core.intent import foreseen
from modeldelivery.release.core.journal import Event, EventKind, Rejection, Served, Verdict
from modeldelivery.release.core.reject import Reject
from modeldelivery.release.core.request import Release, Request
from modeldelivery.release.core.resolve import resolve
from modeldelivery.release.core.up import Up
from modeldelivery.release.operations.unrecorded import Unrecorded
from modeldelivery.release.version import Version
from tests.model.host import moved_by_hand, replace
from tests.model.scenarios import (
    DIGESTS,
    A,
    B,
    C,
    Fencing,
    Made,
    an_operator,
    an_up,
    begun,
    settled_world,
)
from tests.model.steps import LONG
from tests.model.world import Actor, Faults, World, config_name


def a_previewed_up(world: World, name: str, live: Version, fleet: tuple[Version, ...]) -> Actor:
    """An `up` whose preview was made in this world, when everyone else is through."""
    assert all(actor.outcome for actor in world.actors)
    request = Request(release=Release(live=live, fleet=fleet), digests={v: DIGESTS[v] for v in fleet})
    endpoint = world.host.described()
    plan = resolve(request, foreseen(world.journal, endpoint), endpoint, world.clock)
    goal = Up(
        operation=name,
        actor="ci",
        request=request,
        shown=plan.weights,
        serving=endpoint.current,
        config=config_name,
    )
    return Actor(name=name, goal=goal, fresh=True)


def an_accept(version: Version) -> Actor:
    goal = Accept(operation="accept", actor="accept", reason="repaired", version=version)
    return Actor(name="accept", goal=goal)


def a_reject(version: Version) -> Actor:
    goal = Reject(
        operation="reject", actor="reject", reason="bad data", version=version, digest=DIGESTS[version]
    )
    return Actor(name="reject", goal=goal)


def an_adopt() -> Actor:
    return Actor(name="adopt", goal=Adopt(operation="adopt", actor="adopt", reason="it was me"))


def an_emergency(to: Version) -> Actor:
    goal = Unrecorded(operation="emergency", actor="emergency", reason="S3 is away", to=to)
    return Actor(name="emergency", goal=goal)


def _joined(made: Made, join: Callable[[World], tuple[Actor, ...]], faults: Faults) -> Made:
    """Others come once everyone is through."""

    def joined(fencing: Fencing) -> World:
        world = made(fencing)
        return replace(world, actors=(*world.actors, *join(world)), faults=faults, clock=world.clock + LONG)

    return joined


def _redecided(world: World, live: Version, decision: Event, **changes: object) -> World:
    """The same world, in which something else was decided last."""
    share = weights.all_to(live, [v for v, _ in world.host.variants])
    journal = replace(
        world.journal, weights=share, decision=decision, history=(*world.journal.history, decision), **changes
    )
    return replace(world, journal=journal, host=moved_by_hand(world.host, share))


def rolled_back(fencing: Fencing, *, actors: tuple[Actor, ...], faults: Faults) -> World:
    """B served and was rolled back from: A serves and B is rejected."""
    world = settled_world(fencing, actors=actors, faults=faults, live=B, served=(A, B))
    event = Event(
        operation="op1",
        kind=EventKind.ROLLBACK,
        at=2.0,
        actor="first",
        reason="5xx",
        source={A: 0, B: 100},
        target={A: 100, B: 0},
        verdict=Verdict.REJECTS,
    )
    rejection = Rejection(version=B, digest=DIGESTS[B], at=2.0, actor="first", reason="5xx")
    served = (Served(version=B, since=1.0, whole=1.0), Served(version=A, since=2.0, whole=2.0))
    return _redecided(world, A, event, rejections=(rejection,), served=served)


def split_by_hand(fencing: Fencing, *, actors: tuple[Actor, ...], faults: Faults) -> World:
    """A serves, and the console gave B one request in a thousand."""
    world = settled_world(fencing, actors=actors, faults=faults, live=A, served=(B, A))
    return replace(world, host=moved_by_hand(world.host, {A: 1000.0, B: 1.0}), by_console=True)


CROSSINGS: dict[str, Made] = {
    "an up killed after its shift, then another that changes live back and the fleet": _joined(
        begun(
            partial(settled_world, actors=(an_up("up", B, (A, B)),), faults=Faults(crashes=1, ticks=2)),
            "up reads",
            "up describes",
            "up writes up",
            "up sends",
            "up's call is taken",
            "up is killed",
            "SageMaker finishes",
        ),
        lambda world: (a_previewed_up(world, "up again", A, (A, B, C)), an_operator()),
        Faults(crashes=1, ticks=2),
    ),
    "a fleet change after a move that SageMaker took back": _joined(
        begun(
            partial(
                settled_world, actors=(an_up("up", B, (A, B)),), faults=Faults(crashes=1, reverts=1, ticks=2)
            ),
            "up reads",
            "up describes",
            "up writes up",
            "up sends",
            "up's call is taken",
            "up is killed",
            "SageMaker takes it back",
        ),
        lambda world: (a_previewed_up(world, "up again", A, (A, B, C)), an_operator(to=A)),
        Faults(crashes=1, ticks=2),
    ),
    "a move without the journal while an operator rolls back": partial(
        settled_world,
        actors=(an_operator(to=A), an_emergency(B)),
        faults=Faults(ticks=2),
        live=B,
        served=(A, B),
    ),
    "the way back of a version that was rejected, and a bare rollback": partial(
        rolled_back,
        actors=(an_accept(B), an_operator("back", to=B, keep=True), an_operator()),
        faults=Faults(crashes=1, ticks=1),
    ),
    "a rejection of a version while an up adds it and gives it traffic": partial(
        settled_world,
        actors=(an_up("up", C, (A, C), shown=C), a_reject(C)),
        faults=Faults(crashes=1, ticks=2),
    ),
    "a rejection while a killed up's call that gives the version traffic is on its way": begun(
        partial(
            settled_world,
            actors=(an_up("up", B, (A, B)), an_operator(to=A, keep=True), a_reject(B)),
            faults=Faults(crashes=1, ticks=2),
        ),
        "up reads",
        "up describes",
        "up writes up",
        "up sends",
        "up is killed",
    ),
    "two rollbacks to two targets": partial(
        settled_world,
        actors=(an_operator("first", to=A, keep=True), an_operator("second", to=B, keep=True)),
        faults=Faults(ticks=2),
        live=C,
        fleet=(A, B, C),
        served=(A, B, C),
    ),
    "an adopt of one request in a thousand while an operator rolls back": partial(
        split_by_hand, actors=(an_adopt(), an_operator(to=A)), faults=Faults(crashes=1, lost=1, ticks=2)
    ),
}
