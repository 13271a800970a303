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
from tests.model.host import Host, finished, moved_by_hand, started, taken_back
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
            for after, _ in landed(replace(world, orphans=rest), name, call, decisions):
                yield f"{name}'s call lands", after
    if world.host.starting:
        yield "the pods are ready", replace(world, host=decisions.once(started, world.host))
    if world.host.pending:
        yield from _sagemaker(world, decisions)
    elif world.faults.foreign:
        yield from _console(world)
    if world.faults.ticks and any(a.outcome is None for a in world.actors):
        for seconds in (SHORT, LONG):
            later = replace(world, clock=world.clock + seconds, faults=world.spent("ticks"))
            yield f"{seconds:.0f} s pass", later if hooks.ignores_deadline else _expired(later)


def _sagemaker(world: World, decisions: Decisions) -> Iterator[Step]:
    yield "SageMaker finishes", replace(world, host=decisions.once(finished, world.host))
    if world.faults.reverts:
        for host in decisions.once(taken_back, world.host):
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
        yield from _landings(world, index, actor, actor.flight, decisions)
    elif actor.journal is None:
        read = decisions.once(_read, actor, world.journal, at=(world.etag, world.host.tag))
        yield f"{name} reads the journal", world.having(index, read)
    elif actor.view is None:
        looked = decisions.once(_looked, actor, world.host, hooks, decisions, at=(world.clock,))
        yield f"{name} describes", world.having(index, looked)
    else:
        actor, action = decisions.of(actor, world.clock, world.host.tag)
        match action:
            case RefusedError():
                yield f"{name} refuses: {action}", world.having(index, actor.ended("refused"))
            case BrokenError():
                yield f"{name} gives up: {action}", world.having(index, actor.ended("broken"))
            case Exception():
                fault = f"{name} ends in a traceback: {action!r}"
                yield fault, world.having(index, actor.ended("broken"), broken=(*world.broken, fault))
            case _:
                yield from _acts(world, index, actor, action, hooks, decisions=decisions)


def _read(actor: Actor, journal: Journal, etag: int, tag: str | None) -> Actor:
    read = replace(actor, journal=journal, etag=etag)
    if actor.started:
        return read
    decision, intent = journal.decision, journal.intent
    return replace(
        read,
        started=True,
        began=decision.operation if decision else None,
        pending=intent.operation if intent else None,
        mark=tag,
    )


def _looked(actor: Actor, host: Host, hooks: Hooks, decisions: Decisions, clock: float) -> Actor:
    """The operation with what it sees; one that would merely wait forgets it again, so a wait needs no state of its own."""
    assert actor.journal is not None
    view = View(
        journal=actor.journal,
        endpoint=host.described(),
        now=clock,
        described=clock,
        timing=TIMINGS[host.swaps],
        began=actor.began,
        pending=actor.pending,
    )
    # An error is told in the next step.
    described, action = decisions.of(replace(actor, view=view), clock, host.tag)
    return _waited(described, hooks, decisions) if isinstance(action, Wait) else described


def _waited(actor: Actor, hooks: Hooks, decisions: Decisions) -> Actor:
    if hooks.keeps_journal_after_wait:
        return replace(actor, view=None)
    return decisions.once(Actor.forgot, actor)


def _acts(
    world: World, index: int, actor: Actor, action: Action, hooks: Hooks, *, decisions: Decisions
) -> Iterator[Step]:
    name = actor.name
    match action:
        case Done() as reported:
            yield f"{name}: {action.summary}", done(world, index, actor, reported)
        case Wait():
            yield f"{name} waits", world.having(index, _waited(actor, hooks, decisions))
        case Write(journal):
            yield from _writes(world, index, actor, journal, hooks, decisions=decisions)
        case Move() | Scale() | ChangeFleet():
            if TIMINGS[world.host.swaps].may_send(action.deadline, world.clock) or hooks.ignores_deadline:
                broken = (*world.broken, *_impatient(world, actor, action))
                sending = decisions.once(_sending, actor, action, at=(world.clock,))
                yield f"{name} sends", world.having(index, sending, broken=broken)
            else:
                yield f"{name} is too late", world.having(index, decisions.once(Actor.forgot, actor))
        case Ask():
            raise AssertionError("the tag was read, and is asked for again")


def _writes(
    world: World, index: int, actor: Actor, journal: Journal, hooks: Hooks, *, decisions: Decisions
) -> Iterator[Step]:
    """The journal is stored, or is no longer what was read; or the answer is lost."""
    assert actor.view is not None
    if actor.etag != world.etag and not hooks.unconditional_write:
        yield f"{actor.name}'s write conflicts", world.having(index, decisions.once(Actor.forgot, actor))
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
    told = decisions.once(_told, actor, journal, at=(etag,))
    yield label, world.having(index, told, journal=journal, etag=etag)
    if world.faults.lost:
        forgot = decisions.once(Actor.forgot, actor)
        unsure = world.having(index, forgot, journal=journal, etag=etag, faults=world.spent("lost"))
        yield f"{label}, answer lost", unsure


def _told(actor: Actor, journal: Journal, etag: int) -> Actor:
    assert actor.view is not None
    return replace(actor, journal=journal, etag=etag, view=actor.view.wrote(journal))


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


def _sending(actor: Actor, call: Action, clock: float) -> Actor:
    """The operation with its call on the way; that it requested instances it knows from then on, answered or not."""
    if isinstance(call, Scale):
        before = dict(actor.scaled).get(call.version)
        scaling = Scaling(
            instances=call.instances,
            since=before.since if before else clock,
            until=before.until if before else 0.0,
        )
        actor = replace(actor, scaled=((call.version, scaling),))
    return replace(actor, flight=call)


def _counted(actor: Actor, call: Action, taken: bool) -> Actor:
    """The operation after its call was answered: a request for instances is answered once, whatever becomes of it."""
    aim, actor = aim_of(actor), actor.forgot()
    if isinstance(call, Scale):
        ended = "it was accepted" if taken else "it was refused"
        scaling = replace(dict(actor.scaled)[call.version], ended=ended, accepted=taken)
        return replace(actor, scaled=((call.version, scaling),))
    counts = dict(actor.taken)
    counts[aim] = counts.get(aim, 0) + taken
    return replace(actor, taken=tuple(counts.items()))


def _unanswered(actor: Actor, call: Action) -> Actor:
    """The operation that waits no longer; it knows until when a request for instances of its own may still arrive."""
    if isinstance(call, Scale):
        scaling = replace(dict(actor.scaled)[call.version], until=call.deadline)
        actor = replace(actor, scaled=((call.version, scaling),))
    return replace(actor.forgot(), answered=False)


def _landings(world: World, index: int, actor: Actor, call: Action, decisions: Decisions) -> Iterator[Step]:
    """The call on its way is taken or refused, and answered; or the answer is lost; or the call itself is late."""
    for after, taken in landed(world, actor.name, call, decisions):
        answered = decisions.once(_counted, actor, call, at=(taken,))
        yield f"{actor.name}'s call is {'taken' if taken else 'refused'}", after.having(index, answered)
        if world.faults.lost and taken:
            unsure = decisions.once(_unanswered, actor, call)
            lost = after.having(index, unsure, faults=world.spent("lost"))
            yield f"{actor.name}'s call is taken, answer lost", lost
    if world.faults.lost:
        waited = decisions.once(_unanswered, actor, call)
        orphans = (*world.orphans, (actor.name, call))
        yield (
            f"{actor.name} waits no longer for an answer",
            world.having(index, waited, orphans=orphans, faults=world.spent("lost")),
        )
