"""Worlds to search: three versions, config edits, two `up`s and an operator."""

from modeldelivery.release.core.journal import Event, Journal, Kind, Served
from modeldelivery.release.core.request import Request, Rules
from modeldelivery.release.core.rollback import Rollback
from modeldelivery.release.core.up import Up
from modeldelivery.release.version import Version
from tests.model.search import after
from tests.model.world import INCARNATION, Actor, Faults, Host, World, config_name

A, B, C = Version("v1.0.0"), Version("v1.1.0"), Version("v1.2.0")
DIGESTS = {A: "sha256:a", B: "sha256:b", C: "sha256:c"}
START = 1000.0


def settled_world(
    actors: tuple[Actor, ...],
    faults: Faults,
    *,
    live: Version = A,
    fleet: tuple[Version, ...] = (A, B),
    served: tuple[Version, ...] = (A,),
) -> World:
    """`live` serves everything, the rest of the fleet stands at 0, nothing is under way."""
    share = {v: 100 if v == live else 0 for v in fleet}
    decision = Event(operation="op0", kind=Kind.UP, at=1.0, actor="ci", reason="", source={}, target=share)
    journal = Journal(
        incarnation=INCARNATION,
        live=live,
        fleet=fleet,
        weights=share,
        digests=DIGESTS,
        served=tuple(Served(version=v, since=1.0) for v in served),
        decision=decision,
        history=(decision,),
    )
    spread = tuple(sorted(share.items()))
    return World(
        clock=START,
        journal=journal,
        etag=0,
        host=Host(config=config_name(fleet), current=spread, desired=spread),
        actors=actors,
        faults=faults,
    )


def an_up(
    name: str,
    live: Version,
    fleet: tuple[Version, ...],
    *,
    serving: Version = A,
    shown: Version | None = None,
    **rules: object,
) -> Actor:
    """An `up` whose preview showed `serving` → `shown`."""
    goal = Up(
        operation=name,
        actor="ci",
        request=Request(live=live, fleet=fleet, digests={v: DIGESTS[v] for v in fleet}, rules=Rules(**rules)),  # type: ignore[arg-type]
        shown={v: 100 if v == (shown or live) else 0 for v in fleet},
        serving={serving: 100},
        config=config_name,
    )
    return Actor(name=name, goal=goal)


def an_operator(name: str = "operator", to: Version | None = None, *, keep: bool = False) -> Actor:
    return Actor(
        name=name, goal=Rollback(operation=name, actor=name, reason="5xx", to=to, keep=keep, unscaled=True)
    )


SCENARIOS: dict[str, World] = {
    "an up shifts while an operator rolls back to what served": settled_world(
        (an_up("up", B, (A, B)), an_operator(to=A)), Faults(crashes=1, lost=1, ticks=2)
    ),
    "an up shifts and is taken back by SageMaker while an operator rolls back": settled_world(
        (an_up("up", B, (A, B)), an_operator(to=A)), Faults(reverts=1, crashes=1, ticks=2)
    ),
    "a rollback while an up adds a candidate": settled_world(
        (an_up("up", B, (A, B, C), serving=B, shown=B), an_operator()),
        Faults(crashes=1, lost=1, ticks=1),
        live=B,
        served=(A, B),
    ),
    "a rollback while an up drops its target": settled_world(
        (an_up("up", B, (B,), serving=B), an_operator(to=A)),
        Faults(crashes=1, lost=1, ticks=2),
        live=B,
        served=(A, B),
    ),
    "an up adds, shifts and drops in one change while an operator rolls back": settled_world(
        (an_up("up", C, (A, C), serving=B), an_operator()),
        Faults(crashes=1, ticks=2),
        live=B,
        served=(A, B),
    ),
    "two ups of different configs": settled_world(
        (an_up("up1", B, (A, B)), an_up("up2", A, (A, B, C))), Faults(crashes=1, lost=1, ticks=1)
    ),
    "an up with nothing to do while the console and an operator move traffic": settled_world(
        (an_up("up", B, (A, B), serving=B), an_operator()),
        Faults(foreign=1, crashes=1, ticks=2),
        live=B,
        served=(A, B),
    ),
    "two operators": settled_world(
        (an_operator("first"), an_operator("second", to=A)),
        Faults(crashes=1, lost=1, ticks=1),
        live=B,
        served=(A, B),
    ),
    "an up killed with its call on the way, a rollback, and the same up again": after(
        settled_world(
            (an_up("up", B, (A, B)), an_operator(to=A), an_up("up again", B, (A, B))),
            Faults(crashes=2, lost=1, ticks=2),
        ),
        "up reads",
        "up describes",
        "up writes up",
        "up sends",
        "up is killed",
    ),
    "two rollbacks after an up killed with its call on the way": after(
        settled_world(
            (an_up("up", B, (A, B)), an_operator("first", to=A), an_operator("second", to=A)),
            Faults(crashes=2, ticks=2),
        ),
        "up reads",
        "up describes",
        "up writes up",
        "up sends",
        "up is killed",
    ),
    "two rollbacks while an up's call that drops a version is on its way": after(
        settled_world(
            (an_up("up", C, (B, C), serving=C), an_operator("first", to=B), an_operator("second", to=A)),
            Faults(crashes=1, ticks=1),
            live=C,
            fleet=(A, B, C),
            served=(A, B, C),
        ),
        "up reads",
        "up describes",
        "up writes fleet",
        "up sends",
    ),
}
