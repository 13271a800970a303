"""Breadth-first search through every state of a bounded world, and the invariants that each must keep."""

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from release.core import weights
from tests.model.world import Faults, Hooks, World, successors

Invariant = Callable[[World], str | None]
MAX_SOLO_STEPS = 80


class Violation(AssertionError):
    """A rule broken, with the shortest story that breaks it."""


@dataclass(frozen=True)
class Explored:
    states: int
    ends: int


def explore(start: World, hooks: Hooks = Hooks(), *, limit: int = 400_000) -> Explored:  # noqa: B008 (frozen)
    """Visit every reachable state.

    Raises:
        Violation: with the story, when an invariant fails, or an operation run alone from some end never ends.
    """
    parents: dict[Hashable, tuple[Hashable, str] | None] = {start.key(): None}
    queue = deque([start])
    ends = 0
    while queue:
        world = queue.popleft()
        key = world.key()
        found = _broken(world)
        if found:
            raise Violation(f"{found}\n  " + "\n  ".join(_story(parents, key)))
        if all(actor.outcome for actor in world.actors) and not world.host.pending:
            ends += 1
        for label, following in successors(world, hooks):
            name = following.key()
            if name not in parents:
                parents[name] = (key, label)
                queue.append(following)
        if len(parents) > limit:
            raise Violation(f"more than {limit} states: bound the scenario")
    return Explored(len(parents), ends)


def settles(world: World) -> str | None:
    """Run what is left without faults, in turn: the name of an operation that does not end, or None."""
    world = replace(world, faults=Faults(ticks=20))
    for step in range(MAX_SOLO_STEPS):
        moves = [(label, w) for label, w in successors(world, Hooks()) if not label.startswith("+")]
        ticks = [(label, w) for label, w in successors(world, Hooks()) if label.startswith("+")]
        ahead = [w for _, w in moves if w.key() != world.key()]
        waiting = bool(moves) and all("waits" in label for label, _ in moves)
        if all(actor.outcome for actor in world.actors) and not world.host.pending:
            return None
        options = [w for _, w in ticks] if waiting and step % 3 == 2 else ahead
        if not options:
            options = [w for _, w in ticks]
        world = options[0]
    return ", ".join(actor.name for actor in world.actors if not actor.outcome) or "the endpoint"


def _broken(world: World) -> str | None:
    if world.broken:
        return world.broken[0]
    if not world.rolled or world.foreign_moved:
        return None
    _, _, rejected = world.rolled[-1]
    for share in (dict(world.host.current), dict(world.host.desired)):
        serving = [v for v in weights.traffic(share) if v in rejected]
        if serving:
            return f"{serving[0]} serves after the rollback from it was reported done"
    return None


def _story(parents: dict[Hashable, tuple[Hashable, str] | None], key: Hashable) -> list[str]:
    lines = []
    while (step := parents[key]) is not None:
        key, label = step
        lines.append(label)
    return lines[::-1]
