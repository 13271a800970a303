"""What SageMaker does with a call, and what it must never be asked."""

import msgspec

from modeldelivery.release.core import up, weights
from modeldelivery.release.core.action import Action, ChangeFleet, Move
from modeldelivery.release.core.journal import EventKind, IntentKind, Journal
from tests.model.world import Host, World


def landed(world: World, name: str, call: Action) -> tuple[World, bool]:
    """The world after the platform received a call of the operation `name`, and whether it took it."""
    assert isinstance(call, Move | ChangeFleet)
    if world.host.swaps:
        if call.token != str(world.host.version):
            return world, False
    elif world.host.pending:
        return world, False
    match call:
        case Move(target):
            found = _bad_move(world, name, target)
            covered = {v for v, _ in world.host.current} == set(target)
            host = _moving(world.host, target) if covered else world.host
        case ChangeFleet(config, fleet, initial):
            found, covered = _bad_drop(world, name, fleet), True
            kept = dict(world.host.desired)
            after = tuple(sorted((v, kept.get(v, initial.get(v, 0))) for v in fleet))
            host = msgspec.structs.replace(world.host, pending=(config, after))
    if covered and world.host.swaps:
        host = _sealed(world.host, host, call.operation)
    return msgspec.structs.replace(world, host=host, broken=(*world.broken, *found)), covered


def _moving(host: Host, target: weights.Weights) -> Host:
    desired = tuple((v, target[v]) for v, _ in host.current)
    return msgspec.structs.replace(host, desired=desired, pending=(host.config, desired))


def _sealed(before: Host, after: Host, operation: str) -> Host:
    """A write that changes neither weights nor seal keeps the object's version: the one trap of compare-and-swap."""
    if after.pending in {None, (before.config, before.desired)} and before.seal == operation:
        return before
    return msgspec.structs.replace(after, version=before.version + 1, seal=operation)


def finished(host: Host) -> Host:
    assert host.pending is not None
    config, spread = host.pending
    return msgspec.structs.replace(host, config=config, current=spread, desired=spread, pending=None)


def taken_back(host: Host) -> tuple[Host, ...]:
    """The old configuration and weights go on, silently; Desired is reverted, or stays as asked (terraform-provider-aws#48997)."""
    still = msgspec.structs.replace(host, pending=None)
    reverted = msgspec.structs.replace(still, desired=host.current)
    return (reverted, still) if still != reverted else (reverted,)


def _bad_move(world: World, name: str, target: weights.Weights) -> list[str]:
    found = []
    if sum(target.values()) != weights.FULL:
        found.append(f"{name} sends weights that sum to {sum(target.values())}")
    actor = next(a for a in world.actors if a.name == name)
    for rolled in world.rolled if isinstance(actor.goal, up.Up) else ():
        found += [
            f"{name} gives {v} traffic after a rollback from it was reported done"
            for v in rolled.rejected
            if target.get(v, 0) > 0
        ]
        stands = rolled.decision == last_rollback(world.journal)
        if name in rolled.older and stands and target.get(rolled.target) != weights.FULL:
            found.append(f"{name}, decided before the rollback to {rolled.target}, undoes it")
    return found


def last_rollback(journal: Journal) -> str | None:
    """Operation of the latest rollback that is under way or was carried out."""
    if journal.intent and journal.intent.kind is IntentKind.ROLLBACK:
        return journal.intent.operation
    return next((e.operation for e in reversed(journal.history) if e.kind is EventKind.ROLLBACK), None)


def _bad_drop(world: World, name: str, fleet: tuple[str, ...]) -> list[str]:
    serving = {v for spread in (world.host.current, world.host.desired) for v, w in spread if w > 0}
    gone = sorted(serving.difference(fleet))
    return [f"{name} drops {gone[0]}, which serves"] if gone and not world.foreign_moved else []
