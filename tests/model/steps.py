"""Every next state of a world, each with the words for what happened."""

from collections.abc import Iterator

import msgspec

from modeldelivery.release.core import weights
from modeldelivery.release.core.action import (
    Action,
    Ask,
    ChangeFleet,
    Done,
    Move,
    Scale,
    Scaling,
    Timing,
    View,
    Wait,
    Write,
)
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.errors import BrokenError, RefusedError
from modeldelivery.release.operations.unrecorded import Unrecorded
from tests.model.calls import landed
from tests.model.decisions import Decisions, aim_of
from tests.model.emergency import steps as emergency_steps
from tests.model.host import finished, moved_by_hand, started, taken_back
from tests.model.reports import done, written
from tests.model.world import Actor, World

# Requested pods are awaited: for longer than a short pause, and not as long as a long one.
TIMINGS = {
    False: Timing(),
    True: Timing(awaits=True, scaling=15.0),
}  # by whether the platform has compare-and-swap
SHORT, LONG = 4.0, 20.0  # seconds: within a lease, but too late to send in it; and past every deadline

Step = tuple[str, World]
replace = msgspec.structs.replace


class Hooks(msgspec.Struct, frozen=True):
    """Where a mutation of the conductor is planted; the defaults are the conductor as it is.

    Attributes:
        keeps_journal_after_wait: the endpoint is described anew, the journal is not read anew.
        ignores_deadline: a call is sent, and lands, whenever.
        unconditional_write: the journal is written over whatever is there.
        skips_intent: the call is sent without its intent being stored.
    """

    keeps_journal_after_wait: bool = False
    ignores_deadline: bool = False
    unconditional_write: bool = False
    skips_intent: bool = False


AS_IT_IS = Hooks()


def successors(world: World, hooks: Hooks = AS_IT_IS, decisions: Decisions | None = None) -> Iterator[Step]:
    """What each operation, SageMaker, the console and time may do next; a search hands in what was decided before."""
    decisions = decisions or Decisions()
    for index, actor in enumerate(world.actors):
        if actor.outcome is None:
            yield from _steps(world, index, actor, hooks, decisions)
    for index, (name, call) in enumerate(world.orphans):
        if world.clock <= _deadline(call) or hooks.ignores_deadline:
            rest = (*world.orphans[:index], *world.orphans[index + 1 :])
            for after, _ in landed(replace(world, orphans=rest), name, call):
                yield f"{name}'s call lands", after
    if world.host.starting:
        yield "the pods are ready", replace(world, host=started(world.host))
    if world.host.pending:
        yield from _sagemaker(world)
    elif world.faults.foreign:
        yield from _console(world)
    if world.faults.ticks and any(a.outcome is None for a in world.actors):
        for seconds in (SHORT, LONG):
            later = replace(world, clock=world.clock + seconds, faults=world.spent("ticks"))
            yield f"{seconds:.0f} s pass", later if hooks.ignores_deadline else _expired(later)


def _sagemaker(world: World) -> Iterator[Step]:
    yield "SageMaker finishes", replace(world, host=finished(world.host))
    if world.faults.reverts:
        for host in taken_back(world.host):
            yield "SageMaker takes it back", replace(world, host=host, faults=world.spent("reverts"))


def _console(world: World) -> Iterator[Step]:
    for version, _ in world.host.current:
        spread = tuple((v, weights.FULL if v == version else 0) for v, _ in world.host.current)
        if spread != world.host.desired:
            moved = replace(
                world,
                host=moved_by_hand(world.host, dict(spread)),
                faults=world.spent("foreign"),
                foreign_moved=True,
                by_console=True,
            )
            yield f"console moves to {version}", moved


def _expired(world: World) -> World:
    """Calls that did not land before their deadline never will: their time-out lies inside it."""
    orphans = tuple((name, call) for name, call in world.orphans if world.clock <= _deadline(call))
    actors = tuple(
        replace(a.forgot(), answered=False) if a.flight and world.clock > _deadline(a.flight) else a
        for a in world.actors
    )
    return replace(world, orphans=orphans, actors=actors)


def _deadline(call: Action) -> float:
    assert isinstance(call, Move | Scale | ChangeFleet)
    return call.deadline


def _steps(world: World, index: int, actor: Actor, hooks: Hooks, decisions: Decisions) -> Iterator[Step]:
    name = actor.name
    if isinstance(actor.goal, Unrecorded):
        yield from emergency_steps(world, index, actor, actor.goal)
        return
    if world.faults.crashes and actor.started:
        orphans = (*world.orphans, (name, actor.flight)) if actor.flight else world.orphans
        gone = actor.ended("crashed")
        yield f"{name} is killed", world.having(index, gone, faults=world.spent("crashes"), orphans=orphans)
    if actor.flight is not None:
        yield from _landings(world, index, actor, actor.flight)
    elif actor.journal is None:
        read = replace(actor, journal=world.journal, etag=world.etag)
        if not actor.started:
            read = _begun(world, read)
        yield f"{name} reads the journal", world.having(index, read)
    elif actor.view is None:
        yield f"{name} describes", world.having(index, _looked(world, actor, actor.journal, hooks, decisions))
    else:
        actor, action = decisions.of(actor, world)
        match action:
            case RefusedError():
                yield f"{name} refuses: {action}", world.having(index, actor.ended("refused"))
            case BrokenError():
                yield f"{name} gives up: {action}", world.having(index, actor.ended("broken"))
            case Exception():
                fault = f"{name} ends in a traceback: {action!r}"
                yield fault, world.having(index, actor.ended("broken"), broken=(*world.broken, fault))
            case _:
                yield from _acts(world, index, actor, action, hooks)


def _begun(world: World, actor: Actor) -> Actor:
    decision, intent = world.journal.decision, world.journal.intent
    return replace(
        actor,
        started=True,
        began=decision.operation if decision else None,
        pending=intent.operation if intent else None,
        mark=world.host.tag,
    )


def _looked(world: World, actor: Actor, journal: Journal, hooks: Hooks, decisions: Decisions) -> Actor:
    """The operation with what it sees; one that would merely wait forgets it again, so a wait needs no state of its own."""
    view = View(
        journal=journal,
        endpoint=world.host.described(),
        now=world.clock,
        described=world.clock,
        timing=TIMINGS[world.host.swaps],
        began=actor.began,
        pending=actor.pending,
    )
    described, action = decisions.of(replace(actor, view=view), world)  # an error is told in the next step
    return _waited(described, hooks) if isinstance(action, Wait) else described


def _waited(actor: Actor, hooks: Hooks) -> Actor:
    return replace(actor, view=None) if hooks.keeps_journal_after_wait else actor.forgot()


def _acts(world: World, index: int, actor: Actor, action: Action, hooks: Hooks) -> Iterator[Step]:
    name = actor.name
    match action:
        case Done() as reported:
            yield f"{name}: {action.summary}", done(world, index, actor, reported)
        case Wait():
            yield f"{name} waits", world.having(index, _waited(actor, hooks))
        case Write(journal):
            yield from _writes(world, index, actor, journal, hooks)
        case Move() | Scale() | ChangeFleet():
            if TIMINGS[world.host.swaps].may_send(action.deadline, world.clock) or hooks.ignores_deadline:
                broken = (*world.broken, *_impatient(world, actor, action))
                yield f"{name} sends", world.having(index, _sending(world, actor, action), broken=broken)
            else:
                yield f"{name} is too late", world.having(index, actor.forgot())
        case Ask():
            raise AssertionError("the tag was read, and is asked for again")


def _writes(world: World, index: int, actor: Actor, journal: Journal, hooks: Hooks) -> Iterator[Step]:
    """The journal is stored, or is no longer what was read; or the answer is lost."""
    assert actor.view is not None
    if actor.etag != world.etag and not hooks.unconditional_write:
        yield f"{actor.name}'s write conflicts", world.having(index, actor.forgot())
        return
    if hooks.skips_intent and journal.intent and not actor.view.journal.intent:
        yield (
            f"{actor.name} skips its intent",
            world.having(index, replace(actor, view=replace(actor.view, journal=journal))),
        )
        return
    etag = world.etag + 1
    label = f"{actor.name} writes {journal.intent.kind if journal.intent else 'the outcome'}"
    world = written(world, actor, journal)
    told = replace(actor, journal=journal, etag=etag, view=actor.view.wrote(journal))
    yield label, world.having(index, told, journal=journal, etag=etag)
    if world.faults.lost:
        unsure = world.having(index, actor.forgot(), journal=journal, etag=etag, faults=world.spent("lost"))
        yield f"{label}, answer lost", unsure


def _impatient(world: World, actor: Actor, action: Action) -> list[str]:
    """What was requested and is starting is awaited, for its time, where that is by another object's means."""
    if not isinstance(action, Move) or not world.host.swaps:
        return []
    if weights.same(dict(world.host.current), action.weights):
        return []  # somebody else gave it what it had: this write settles whose it is
    running = {v: each.instances for v, each in world.host.variants}
    patience = TIMINGS[True].scaling
    return [
        f"{actor.name} gives {v} its traffic on {running[v]} pods, and {scaling.instances} are starting"
        for v, scaling in actor.scaled
        if scaling.accepted and action.weights.get(v) and running[v] < scaling.instances
        if world.clock - scaling.since <= patience
    ]


def _sending(world: World, actor: Actor, call: Action) -> Actor:
    """The operation with its call on the way; that it requested instances it knows from then on, answered or not."""
    if isinstance(call, Scale):
        before = dict(actor.scaled).get(call.version)
        scaling = Scaling(instances=call.instances, since=before.since if before else world.clock)
        actor = replace(actor, scaled=((call.version, scaling),))
    return replace(actor, flight=call)


def _counted(actor: Actor, call: Action, aim: object, *, taken: bool) -> Actor:
    """The operation after its call was answered: a request for instances is answered once, whatever becomes of it."""
    if isinstance(call, Scale):
        ended = "it was accepted" if taken else "it was refused"
        scaling = replace(dict(actor.scaled)[call.version], ended=ended, accepted=taken)
        return replace(actor, scaled=((call.version, scaling),))
    counts = dict(actor.taken)
    counts[aim] = counts.get(aim, 0) + taken
    return replace(actor, taken=tuple(counts.items()))


def _landings(world: World, index: int, actor: Actor, call: Action) -> Iterator[Step]:
    """The call on its way is taken or refused, and answered; or the answer is lost; or the call itself is late."""
    aim = aim_of(actor)
    for after, taken in landed(world, actor.name, call):
        answered = _counted(actor.forgot(), call, aim, taken=taken)
        yield f"{actor.name}'s call is {'taken' if taken else 'refused'}", after.having(index, answered)
        if world.faults.lost and taken:
            unsure = after.having(index, replace(actor.forgot(), answered=False), faults=world.spent("lost"))
            yield f"{actor.name}'s call is taken, answer lost", unsure
    if world.faults.lost:
        waited = replace(actor.forgot(), answered=False)
        orphans = (*world.orphans, (actor.name, call))
        yield (
            f"{actor.name} waits no longer for an answer",
            world.having(index, waited, orphans=orphans, faults=world.spent("lost")),
        )
