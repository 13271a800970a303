"""Breadth-first search through every state of a bounded world, and random schedules for what must end."""

import gc
import random
from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager

import msgspec

from tests.model.decisions import Decisions
from tests.model.keys import Keys
from tests.model.reports import broken
from tests.model.steps import AS_IT_IS, Hooks, successors
from tests.model.world import Actor, Faults, World

MOST = 500_000  # states of a search that is to see all
SAMPLED = 997  # every so-manieth state is kept
LONGEST_WALK = 200  # steps of one order; one that goes on longer only waits
TIME_PASSES = 0.1  # share of its steps at which time may; were it used up early, all would wait for ever
MAX_STEPS = 2_000  # of a lone operation under a random schedule


class ViolationError(AssertionError):
    """A rule broken, with the shortest trace that breaks it."""


class Explored(msgspec.Struct, frozen=True):
    """What a search saw: how many states, which ends (everyone through, the endpoint at rest), a sample of all states.

    `whole` is False where a limit ended it: then it saw all that so few steps can lead to.
    """

    states: int
    ends: tuple[World, ...]
    sample: tuple[World, ...]
    whole: bool


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector: a search makes no cycles, and a third of its time was the walk over all that it keeps."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_uncollected()
def explore(start: World, hooks: Hooks = AS_IT_IS, *, limit: int = MOST, whole: bool = True) -> Explored:
    """Visit every reachable state, those first that the fewest steps lead to.

    Args:
        start: where everything begins.
        hooks: what is planted.
        limit: states.
        whole: whether a scenario with more states is an error; else the search ends there.

    Raises:
        ViolationError: with the trace, at the first state that breaks a rule.
        RuntimeError: beyond `limit` states of a whole search.
    """
    keys, decisions = Keys(), Decisions()
    visited: set[Hashable] = {keys.of(start)}
    trail: list[tuple[int, str]] = [(-1, "")]  # for each state: which it was reached from, and by what
    queue = deque([(0, start)])
    ends, sample = [], []
    while queue:
        number, world = queue.popleft()
        if world.ended:
            ends.append(world)
        if number % SAMPLED == 0:
            sample.append(world)
        for label, following in successors(world, hooks, decisions):
            key = keys.of(following)
            if key in visited:
                continue
            visited.add(key)
            queue.append((len(trail), following))
            trail.append((number, label))
            faults = broken(following)
            if faults:
                raise ViolationError("\n  ".join([faults, *_story(trail, len(trail) - 1)]))
        if len(trail) > limit:
            if whole:
                raise RuntimeError(f"more than {limit} states: bound the scenario")
            return Explored(len(trail), tuple(ends), tuple(sample), whole=False)
    return Explored(len(trail), tuple(ends), tuple(sample), whole=True)


def walked(start: World, chance: random.Random, walks: int) -> Explored:
    """Random orders of steps to their ends: what the first states of a search do not reach.

    Raises:
        ViolationError: with the order, at the first state that breaks a rule.
    """
    decisions, states, ends, sample = Decisions(), 0, [], []
    for _ in range(walks):
        world, trace = start, list[str]()
        met = [world]
        while not world.ended and len(trace) < LONGEST_WALK:
            options = list(successors(world, AS_IT_IS, decisions))
            if not options:
                break
            acts = [step for step in options if step[1].clock == world.clock]
            label, world = chance.choice(options if not acts or chance.random() < TIME_PASSES else acts)
            trace.append(label)
            met.append(world)
            if rule := broken(world):
                raise ViolationError("\n  ".join([rule, *trace]))
        states += len(met)
        sample.append(chance.choice(met))
        if world.ended:
            ends.append(world)
    return Explored(states, tuple(ends), tuple(sample), whole=False)


def _story(trail: list[tuple[int, str]], number: int) -> list[str]:
    lines = []
    while number:
        number, label = trail[number]
        lines.append(label)
    return lines[::-1]


def after(world: World, *labels: str) -> World:
    """The world after these steps, each named by how its label begins."""
    for wanted in labels:
        options = dict(successors(world))
        chosen = [following for label, following in options.items() if label.startswith(wanted)]
        assert chosen, f"{wanted!r} is not possible here, only {sorted(options)}"
        world = chosen[0]
    return world


def killed(world: World) -> World:
    """Every operation dies here; calls that were sent are still on their way."""
    living = [a for a in world.actors if a.outcome is None]
    flights = tuple((a.name, a.flight) for a in living if a.flight)
    gone = tuple(a if a.outcome else a.ended("crashed") for a in world.actors)
    return msgspec.structs.replace(world, actors=gone, orphans=(*world.orphans, *flights))


def settled(world: World, fresh: Iterable[Actor], chance: random.Random) -> World:
    """The world after each fresh operation ran, one after the other, under a random schedule and without further faults.

    Raises:
        ViolationError: when one does not end, or breaks a rule.
    """
    for actor in fresh:
        world = msgspec.structs.replace(world, actors=(*world.actors, actor), faults=Faults(ticks=MAX_STEPS))
        trace = []
        while not world.ended:
            label, world = chance.choice(list(successors(world)))
            trace.append(label)
            faults = broken(world)
            if faults or len(trace) > MAX_STEPS:
                raise ViolationError("\n  ".join([faults or f"{actor.name} does not end", *trace[-60:]]))
    return world
