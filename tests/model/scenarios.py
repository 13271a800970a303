"""Worlds to search: three versions, config edits, two `up`s and an operator, on either kind of platform."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial

from modeldelivery.release.core.request import Release, Request, Rules
from modeldelivery.release.core.rollback import Rollback
from modeldelivery.release.core.up import Up
from modeldelivery.release.version import Version
from tests.model.host import made, replace
from tests.model.search import after
from tests.model.world import Actor, Faults, World, config_name, settled_journal

A, B, C = Version("v1.0.0"), Version("v1.1.0"), Version("v1.2.0")
DIGESTS = {A: "sha256:a", B: "sha256:b", C: "sha256:c"}
START = 1000.0


class Fencing(StrEnum):
    """What keeps an older call out."""

    DEADLINES = (
        "deadlines"  # it is never sent after its deadline, and whoever comes later waits that out (SageMaker)
    )
    SWAPS = "compare-and-swap"  # the platform refuses a call that has not seen the newest write (Kubernetes)


def settled_world(
    fencing: Fencing,
    *,
    actors: tuple[Actor, ...],
    faults: Faults,
    live: Version = A,
    fleet: tuple[Version, ...] = (A, B),
    served: tuple[Version, ...] = (A,),
    instances: Mapping[Version, int] | None = None,
) -> World:
    """`live` serves everything, the rest of the fleet stands at 0, nothing is under way; one instance of each that is not named."""
    journal = settled_journal(live, fleet, served, DIGESTS)
    swaps = fencing is Fencing.SWAPS
    host = made(config_name(fleet), journal.weights, instances=instances)
    return World(
        clock=START,
        journal=journal,
        etag=0,
        host=replace(host, version=1, seal="op0") if swaps else host,
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
        request=Request(
            release=Release(live=live, fleet=fleet),
            digests={v: DIGESTS[v] for v in fleet},
            rules=Rules(**rules),  # type: ignore[arg-type]
        ),
        shown={v: 100 if v == (shown or live) else 0 for v in fleet},
        serving={serving: 100},
        config=config_name,
    )
    return Actor(name=name, goal=goal)


def an_operator(
    name: str = "operator", to: Version | None = None, *, keep: bool = False, unscaled: bool = True
) -> Actor:
    return Actor(
        name=name,
        goal=Rollback(operation=name, actor=name, reason="5xx", to=to, keep=keep, unscaled=unscaled),
    )


Made = Callable[[Fencing], World]

# States of a search in `make check`, those first that the fewest steps lead to: a third more than the deepest mutation
# that is planted in the scenario needs, and no fewer than NEAREST.
NEAREST = 12_000
FARTHER = {
    "an up shifts while an operator rolls back to what served": 24_000,
    "an up shifts by a call that nobody answered while an operator rolls back": 36_000,
    "an up shifts and is taken back by SageMaker while an operator rolls back": 32_000,
    "a rollback while an up drops its target": 24_000,
    "two ups of different configs": 45_000,
    "a move without the journal while an operator rolls back": 45_000,  # tests/model/crossings.py
}


def nearest(scenario: str) -> int:
    return FARTHER.get(scenario, NEAREST)


def begun(made: Made, *labels: str) -> Made:
    return lambda fencing: after(made(fencing), *labels)


SCENARIOS: dict[str, Made] = {
    "an up shifts while an operator rolls back to what served": partial(
        settled_world,
        actors=(an_up("up", B, (A, B)), an_operator(to=A)),
        faults=Faults(crashes=1, lost=1, ticks=2),
    ),
    "an up shifts by a call that nobody answered while an operator rolls back": begun(
        partial(
            settled_world,
            actors=(an_up("up", B, (A, B)), an_operator(to=A)),
            faults=Faults(crashes=1, lost=1, ticks=2),
        ),
        "up reads",
        "up describes",
        "up writes up",
        "up sends",
        "up waits no longer",
    ),
    "an up shifts and is taken back by SageMaker while an operator rolls back": partial(
        settled_world,
        actors=(an_up("up", B, (A, B)), an_operator(to=A)),
        faults=Faults(reverts=1, crashes=1, ticks=2),
    ),
    "a rollback while an up adds a candidate": partial(
        settled_world,
        actors=(an_up("up", B, (A, B, C), serving=B, shown=B), an_operator()),
        faults=Faults(crashes=1, lost=1, ticks=1),
        live=B,
        served=(A, B),
    ),
    "a rollback to fewer instances than serve while an up adds a candidate": partial(
        settled_world,
        actors=(an_up("up", B, (A, B, C), serving=B, shown=B), an_operator(unscaled=False)),
        faults=Faults(crashes=1, ticks=2),
        live=B,
        served=(A, B),
        instances={B: 3},
    ),
    "a rollback whose request for instances nobody answered while another rolls back": begun(
        partial(
            settled_world,
            actors=(an_operator("first", to=A, unscaled=False), an_operator("second", to=A)),
            faults=Faults(crashes=1, lost=1, ticks=2),
            live=B,
            served=(A, B),
            instances={B: 3},
        ),
        "first reads",
        "first describes",
        "first writes rollback",
        "first sends",
        "first waits no longer",
    ),
    "a rollback while an up drops its target": partial(
        settled_world,
        actors=(an_up("up", B, (B,), serving=B), an_operator(to=A)),
        faults=Faults(crashes=1, lost=1, ticks=2),
        live=B,
        served=(A, B),
    ),
    "an up adds, shifts and drops in one change while an operator rolls back": partial(
        settled_world,
        actors=(an_up("up", C, (A, C), serving=B), an_operator()),
        faults=Faults(crashes=1, ticks=2),
        live=B,
        served=(A, B),
    ),
    "two ups of different configs": partial(
        settled_world,
        actors=(an_up("up1", B, (A, B)), an_up("up2", A, (A, B, C))),
        faults=Faults(crashes=1, lost=1, ticks=1),
    ),
    "an up with nothing to do while the console and an operator move traffic": partial(
        settled_world,
        actors=(an_up("up", B, (A, B), serving=B), an_operator()),
        faults=Faults(foreign=1, crashes=1, ticks=2),
        live=B,
        served=(A, B),
    ),
    "two operators": partial(
        settled_world,
        actors=(an_operator("first"), an_operator("second", to=A)),
        faults=Faults(crashes=1, lost=1, ticks=1),
        live=B,
        served=(A, B),
    ),
    "an up killed with its call on the way, a rollback, and the same up again": begun(
        partial(
            settled_world,
            actors=(an_up("up", B, (A, B)), an_operator(to=A), an_up("up again", B, (A, B))),
            faults=Faults(crashes=2, lost=1, ticks=2),
        ),
        "up reads",
        "up describes",
        "up writes up",
        "up sends",
        "up is killed",
    ),
    "two rollbacks after an up killed with its call on the way": begun(
        partial(
            settled_world,
            actors=(an_up("up", B, (A, B)), an_operator("first", to=A), an_operator("second", to=A)),
            faults=Faults(crashes=2, ticks=2),
        ),
        "up reads",
        "up describes",
        "up writes up",
        "up sends",
        "up is killed",
    ),
    "two rollbacks while an up's call that drops a version is on its way": begun(
        partial(
            settled_world,
            actors=(
                an_up("up", C, (B, C), serving=C),
                an_operator("first", to=B),
                an_operator("second", to=A),
            ),
            faults=Faults(crashes=1, ticks=1),
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
