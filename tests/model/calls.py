"""What SageMaker does with a call, and what it must never be asked."""

from modeldelivery.release.core import up, weights
from modeldelivery.release.core.action import Action, ChangeFleet, Move, Scale
from modeldelivery.release.core.journal import EventKind, IntentKind, Journal
from modeldelivery.release.version import Version
from tests.model.decisions import Decisions
from tests.model.host import Host, replace, reweighed, scaled, updated
from tests.model.world import World


def landed(world: World, name: str, call: Action, decisions: Decisions) -> tuple[tuple[World, bool], ...]:
    """Every world after the platform received a call of the operation `name`, and whether it took it."""
    assert isinstance(call, Move | Scale | ChangeFleet)
    if not _receives(world.host, call):
        return ((world, False),)
    faults = _bad_drop(world, name, call) if isinstance(call, ChangeFleet) else []
    faults += _bad_move(world, name, call.weights) if isinstance(call, Move) else []
    faults += _over_the_tag(world, name)
    ways = decisions.once(_ways, world.host, call)
    if not ways:
        return ((replace(world, broken=(*world.broken, *faults)), False),)
    taken = [_after(world, name, call, host, faults) for host in ways]
    return tuple((after, True) for after in taken)


def _receives(host: Host, call: Move | Scale | ChangeFleet) -> bool:
    """Whether the platform looks at the call at all: SageMaker not while it is at work, another only by the newest token."""
    if not host.swaps:
        return host.pending is None
    # Instances are another object's there: whoever asks for more need not have seen who gets the traffic.
    return isinstance(call, Scale) or call.token == str(host.version)


def _ways(host: Host, call: Move | Scale | ChangeFleet) -> tuple[Host, ...]:
    """What the endpoint may become; nothing when the call is refused."""
    if host.swaps and isinstance(call, Scale):
        return scaled(host, call.version, call.instances)
    host = replace(host, pending=None)
    match call:
        case Move(target):
            return reweighed(host, target)
        case Scale(version, instances, _, share):
            return reweighed(host, share, {version: instances})
        case ChangeFleet(config, fleet, initial):
            return updated(host, config, fleet, initial)


def _after(world: World, name: str, call: Move | Scale | ChangeFleet, host: Host, faults: list[str]) -> World:
    if world.host.swaps:
        host = host if isinstance(call, Scale) else _sealed(world.host, host, call.operation)
    elif not isinstance(call, Move):
        faults = [*faults, *_moves_traffic(world, name, call, host)]
    return replace(world, host=host, broken=(*world.broken, *faults))


def _moves_traffic(world: World, name: str, call: Scale | ChangeFleet, host: Host) -> list[str]:
    """What is no move must move nothing, whatever was left behind, unless a rollback that is not through has overtaken it."""
    assert host.pending is not None
    spread = {v: variant.current for v, variant in host.pending[1]}
    if world.foreign_moved or _overtaken(world, call, spread):
        return []
    if weights.same(spread, dict(world.host.current)):
        return []
    return [f"{name} moves no traffic by its own words, and it goes from {world.host.current} to {spread}"]


def _overtaken(world: World, call: Scale | ChangeFleet, spread: dict[Version, float]) -> bool:
    """Whether it brings about what a rollback asked for and SageMaker took back, or undoes what that has yet to look at again.

    A request for instances names the weights of its time: who made it and whoever comes later outwait it before they report.
    """
    later = world.journal.intent
    if later is None or later.kind is not IntentKind.ROLLBACK:
        return False
    return isinstance(call, Scale) or weights.same(spread, later.target)


def _sealed(before: Host, after: Host, operation: str) -> Host:
    """A write that changes neither weights nor seal keeps the object's version: the one trap of compare-and-swap."""
    if after.pending in {None, (before.config, before.desired)} and before.seal == operation:
        return before
    return replace(after, version=before.version + 1, seal=operation)


def _bad_move(world: World, name: str, target: weights.Weights) -> list[str]:
    faults = []
    if sum(target.values()) != weights.FULL:
        faults.append(f"{name} sends weights that sum to {sum(target.values())}")
    actor = next(a for a in world.actors if a.name == name)
    for rolled in world.rolled if isinstance(actor.goal, up.Up) else ():
        faults += [
            f"{name} gives {v} traffic after a rollback from it was reported done"
            for v in rolled.rejected
            if target.get(v, 0) > 0
        ]
        stands = rolled.decision == last_rollback(world.journal)
        if name in rolled.older and stands and target.get(rolled.target) != weights.FULL:
            faults.append(f"{name}, decided before the rollback to {rolled.target}, undoes it")
    return faults


def last_rollback(journal: Journal) -> str | None:
    """Operation of the latest rollback that is under way or was carried out."""
    if journal.intent and journal.intent.kind is IntentKind.ROLLBACK:
        return journal.intent.operation
    return next((e.operation for e in reversed(journal.history) if e.kind is EventKind.ROLLBACK), None)


def _bad_drop(world: World, name: str, call: ChangeFleet) -> list[str]:
    gone = sorted(world.host.serving.difference(call.fleet))
    return [f"{name} drops {gone[0]}, which serves"] if gone and not world.foreign_moved else []


def _over_the_tag(world: World, name: str) -> list[str]:
    stands = world.emergency is not None and world.host.tag is not None
    return [f"{name} changes the endpoint while the tag stands"] if stands else []
