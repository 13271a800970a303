"""What an operation says when it is done must be so, and stay so."""

import msgspec

from modeldelivery.release.core import weights
from modeldelivery.release.core.accept import Accept
from modeldelivery.release.core.action import Done
from modeldelivery.release.core.adopt import Adopt
from modeldelivery.release.core.journal import EventKind, IntentKind, Journal
from modeldelivery.release.core.reject import Reject
from modeldelivery.release.core.rollback import Rollback
from modeldelivery.release.core.up import Up
from modeldelivery.release.operations.unrecorded import Unrecorded
from modeldelivery.release.version import Version
from tests.model.calls import last_rollback
from tests.model.host import Host
from tests.model.world import Actor, Rolled, World, config_name

DECISIONS = {
    EventKind.CREATE,
    EventKind.UP,
    EventKind.ROLLBACK,
    EventKind.ADOPT,
    EventKind.ACCEPT,
    EventKind.REJECT,
}
OVERRULED = ("not moved: superseded by ci", "not moved: its owner is gone")


def done(world: World, index: int, actor: Actor, reported: Done) -> World:
    """The world after an operation reported done, with the rules that this breaks."""
    ended = actor.ended("already" if reported.already else "done")
    match actor.goal:
        case Rollback():
            rolled = _rolled(world, actor)
            broken = _false_rollback(world, actor, actor.goal, rolled, reported)
            return world.having(index, ended, rolled=(*world.rolled, rolled), broken=(*world.broken, *broken))
        case Reject():
            rolled = _rolled(world, actor)
            lifted = actor.goal.version not in rolled.rejected
            broken = [f"{actor.name} reports {actor.goal.version} rejected, and it is not"] if lifted else []
            return world.having(index, ended, rolled=(*world.rolled, rolled), broken=(*world.broken, *broken))
        case Up():
            broken = _false_up(world, actor, actor.goal, reported)
        case Adopt():
            broken = _false_adopt(world, actor)
            if actor.mark and actor.mark == world.host.tag:
                world = msgspec.structs.replace(
                    world, host=msgspec.structs.replace(world.host, tag=None), emergency=None
                )
        case _:
            broken = []
    return world.having(index, ended, broken=(*world.broken, *broken))


def emergency_done(world: World, index: int, actor: Actor, goal: Unrecorded) -> World:
    """The world after a move without the journal reported that all goes where it was asked."""
    stands = world.host.tag is not None  # else an adopt took it away meanwhile, and others may move again
    wrong = stands and whole(world.host) != goal.to and not _others_moved(world, actor)
    broken = [f"{actor.name} reports {goal.to}, and {world.host.current} serves"] if wrong else []
    return world.having(index, actor.ended("done"), emergency=goal.to, broken=(*world.broken, *broken))


def _others_moved(world: World, actor: Actor) -> bool:
    """Whether the console, or another emergency move, may have moved traffic since it looked."""
    others = [
        a for a in world.actors if isinstance(a.goal, Unrecorded) and a.name != actor.name and a.started
    ]
    return bool(others) or world.by_console


def written(world: World, actor: Actor, journal: Journal) -> World:
    """The world in which the journal is about to be written, with the rules that this breaks.

    No decision is lost, no rejection is lifted but by accept, and a rollback that was superseded does not come back.
    """
    before, broken = world.journal, list[str]()
    lifted = [r for r in before.rejections if r not in journal.rejections]
    if lifted and not isinstance(actor.goal, Accept):
        broken.append(f"{actor.name} loses the rejection of {lifted[0].version}")
    lost = [e for e in before.history if e.kind in DECISIONS and e not in journal.history]
    if lost:
        broken.append(f"{actor.name} loses the {lost[0].kind} of {lost[0].operation} from history")
    intent = journal.intent
    if intent and intent.kind is IntentKind.ROLLBACK and _ended_before(before, intent.operation):
        broken.append(f"{actor.name}: the rollback {intent.operation}, which was superseded, comes back")
    if lifted:
        world = msgspec.structs.replace(world, rolled=tuple(_without(r, journal) for r in world.rolled))
    return msgspec.structs.replace(world, broken=(*world.broken, *broken)) if broken else world


def _ended_before(journal: Journal, operation: str) -> bool:
    """Whether the operation's intent is in history and not under way."""
    under_way = journal.intent is not None and journal.intent.operation == operation
    return not under_way and any(event.operation == operation for event in journal.history)


def _without(rolled: Rolled, journal: Journal) -> Rolled:
    kept = tuple(v for v in rolled.rejected if journal.rejection(v))
    return msgspec.structs.replace(rolled, rejected=kept)


def _rolled(world: World, actor: Actor) -> Rolled:
    journal, decision = world.journal, last_rollback(world.journal)
    under_way = journal.intent.actor if journal.intent else None  # what it rejects may still serve
    ups = [a for a in world.actors if a.started and not a.outcome and a.deploys]
    target = weights.main_version(journal.weights)
    assert target is not None
    return Rolled(
        operator=actor.name,
        target=target,
        rejected=tuple(r.version for r in journal.rejections if r.actor != under_way),
        decision=decision,
        older=tuple(a.name for a in ups if a.began != decision),
    )


def _false_rollback(world: World, actor: Actor, goal: Rollback, rolled: Rolled, reported: Done) -> list[str]:
    """A rollback that is the latest decision must be what the endpoint does, and reject what served before."""
    journal, faults = world.journal, []
    own = journal.decision is not None and journal.decision.operation == actor.name
    unmoved = (
        reported.already and actor.etag == world.etag
    )  # what it says without a write was so when it read
    latest = unmoved or (journal.intent is None and own)
    if latest and whole(world.host) != rolled.target and not world.foreign_moved:
        faults.append(f"{actor.name} reports done, and {rolled.target} does not serve")
    if own and not goal.keep:
        assert journal.decision is not None
        before = set(weights.traffic(journal.decision.source))
        for event in journal.history:
            if event.kind is EventKind.CLOSED and f"superseded by {actor.name}" in event.reason:
                before |= weights.traffic(event.target).keys()
        left = before - {rolled.target, *(r.version for r in journal.rejections)}
        faults += [f"{actor.name} rolls back from {v} and does not reject it" for v in sorted(left)]
    return faults


def _false_up(world: World, actor: Actor, goal: Up, reported: Done) -> list[str]:
    """An `up` that nobody else came after must be what the journal and the endpoint say."""
    journal, host, faults = world.journal, world.host, []
    others = [a for a in world.actors if a.name != actor.name and a.started]
    if not any(a.deploys for a in others):
        if journal.live != goal.request.live:
            faults.append(f"{actor.name} reports done, and live {goal.request.live} is not recorded")
        if host.config != config_name(goal.request.fleet):
            faults.append(f"{actor.name} reports done, and the fleet is {host.config}")
    unmoved = actor.etag == world.etag and not world.orphans and not world.foreign_moved
    agree = weights.same(dict(host.current), journal.weights)
    if unmoved and not agree and not reported.warnings and not any(a.flight for a in others):
        faults.append(f"{actor.name} reports done, and traffic is silently not what the journal says")
    if actor.etag == world.etag and journal.intent:
        faults.append(f"{actor.name} reports done, and leaves {journal.intent.kind} pending")
    later = world.actors[[a.name for a in world.actors].index(actor.name) + 1 :]
    if actor.fresh and not any(a.started for a in later) and not world.foreign_moved:
        shown = goal.shown or {}
        if not weights.same(dict(host.current), shown):
            faults.append(f"{actor.name} ends with {host.current}, and its preview showed {dict(shown)}")
    return faults


def _false_adopt(world: World, actor: Actor) -> list[str]:
    """What is recorded as decided is what serves, unless someone moves it at that very time."""
    others = [a for a in world.actors if a.name != actor.name and a.started and not a.outcome]
    agree = weights.same(dict(world.host.current), world.journal.weights)
    quiet = actor.etag == world.etag and not others and not world.orphans and not world.by_console
    return (
        []
        if agree or not quiet
        else [f"{actor.name} adopts {world.journal.weights}, and {world.host.current} serves"]
    )


def whole(host: Host) -> Version | None:
    """The version that carries everything, if one does."""
    return weights.whole_version(dict(host.current))


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
    requested = {v for v, w in world.host.desired if w > 0}  # the next change of anything may apply it
    back = sorted((world.host.serving | requested).intersection(rejected))
    return f"{back[0]} serves after its rejection was reported done" if back else None
