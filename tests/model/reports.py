"""What an operation says when it is done must be so, and stay so."""

from modeldelivery.release.core import weights
from modeldelivery.release.core.action import Done
from modeldelivery.release.core.journal import EventKind
from modeldelivery.release.core.rollback import Rollback
from modeldelivery.release.core.up import Up
from tests.model.calls import last_rollback
from tests.model.world import Actor, Rolled, World, config_name

OVERRULED = ("not moved: superseded by ci", "not moved: its owner is gone")


def done(world: World, index: int, actor: Actor, said: Done) -> World:
    """The world after an operation reported done, with the rules that this breaks."""
    ended = actor.ended("already" if said.already else "done")
    if isinstance(actor.goal, Rollback):
        rolled = _rolled(world, actor)
        broken = _false_rollback(world, actor, actor.goal, rolled, already=said.already)
        return world.having(index, ended, rolled=(*world.rolled, rolled), broken=(*world.broken, *broken))
    return world.having(index, ended, broken=(*world.broken, *_false_up(world, actor, actor.goal, said)))


def _rolled(world: World, actor: Actor) -> Rolled:
    journal, decision = world.journal, last_rollback(world.journal)
    under_way = journal.intent.actor if journal.intent else None  # what it rejects may still serve
    ups = [a for a in world.actors if a.started and not a.outcome and not a.operator]
    target = weights.main_version(journal.weights)
    assert target is not None
    return Rolled(
        operator=actor.name,
        target=target,
        rejected=tuple(r.version for r in journal.rejections if r.actor != under_way),
        decision=decision,
        older=tuple(a.name for a in ups if a.began != decision),
    )


def _false_rollback(
    world: World, actor: Actor, goal: Rollback, rolled: Rolled, *, already: bool
) -> list[str]:
    """A rollback that is the latest decision must be what the endpoint does, and reject what served before."""
    journal, found = world.journal, []
    own = journal.decision is not None and journal.decision.operation == actor.name
    latest = already or (journal.intent is None and own)
    if latest and dict(world.host.current).get(rolled.target) != weights.FULL and not world.foreign_moved:
        found.append(f"{actor.name} reports done, and {rolled.target} does not serve")
    if own and not goal.keep:
        assert journal.decision is not None
        before = set(weights.traffic(journal.decision.source))
        for event in journal.history:
            if event.kind is EventKind.CLOSED and f"superseded by {actor.name}" in event.reason:
                before |= weights.traffic(event.target).keys()
        left = before - {rolled.target, *(r.version for r in journal.rejections)}
        found += [f"{actor.name} rolls back from {v} and does not reject it" for v in sorted(left)]
    return found


def _false_up(world: World, actor: Actor, goal: Up, said: Done) -> list[str]:
    """An `up` that nobody else came after must be what the journal and the endpoint say."""
    journal, host, found = world.journal, world.host, []
    others = [a for a in world.actors if a.name != actor.name and a.started]
    if not any(not a.operator for a in others):
        if journal.live != goal.request.live:
            found.append(f"{actor.name} reports done, and live {goal.request.live} is not recorded")
        if host.config != config_name(goal.request.fleet):
            found.append(f"{actor.name} reports done, and the fleet is {host.config}")
    unmoved = actor.etag == world.etag and not world.orphans and not world.foreign_moved
    agree = weights.same(dict(host.current), journal.weights)
    if unmoved and not agree and not said.warnings and not any(a.flight for a in others):
        found.append(f"{actor.name} reports done, and traffic is silently not what the journal says")
    if actor.etag == world.etag and journal.intent:
        found.append(f"{actor.name} reports done, and leaves {journal.intent.kind} pending")
    return found


def broken(world: World) -> str | None:
    """The first rule that this world breaks, in words."""
    if world.broken:
        return world.broken[0]
    last = world.journal.history[-1]
    if last.kind is EventKind.CLOSED and last.actor != "ci" and last.reason.startswith(OVERRULED):
        return f"an up gives the rollback of {last.actor} up, instead of finishing it"
    if not world.rolled or world.foreign_moved:
        return None
    rejected = world.rolled[-1].rejected
    serving = {v for spread in (world.host.current, world.host.desired) for v, w in spread if w > 0}
    back = sorted(serving.intersection(rejected))
    return f"{back[0]} serves after the rollback from it was reported done" if back else None
