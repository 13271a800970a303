"""A bounded world for the traffic protocol: one journal, one endpoint, a few operations, and everything that goes wrong.

A state is immutable; `successors` yields every next state. Each operation is the very `decide` function that runs in
production: the world only carries its actions out, one at a time, in every order.
"""

import functools
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace

import msgspec

from release.core import intent as intents
from release.core import rollback, up, weights
from release.core.action import Action, ChangeFleet, Done, Move, ReadTag, Scale, View, Wait, Write
from release.core.endpoint import Endpoint, Incarnation, Status, Variant
from release.core.intent import EndpointBrokenError
from release.core.journal import Journal
from release.core.request import Request
from release.core.resolve import RefusedError
from release.version import Version

INCARNATION = Incarnation("arn:endpoint", 1.0)
TICK = 5.0  # shorter than a lease, longer than a call may still be sent late in one
SHORT = 4.0


def config_name(fleet: tuple[Version, ...]) -> str:
    return "+".join(sorted(fleet))


@dataclass(frozen=True)
class Host:
    """The endpoint as SageMaker has it; `pending` is what it is changing to."""

    config: str
    current: tuple[tuple[Version, int], ...]
    desired: tuple[tuple[Version, int], ...]
    pending: tuple[str, object] | None = None

    def described(self) -> Endpoint:
        desired = dict(self.desired)
        return Endpoint(
            incarnation=INCARNATION,
            status=Status.UPDATING if self.pending else Status.IN_SERVICE,
            config=self.config,
            variants={
                v: Variant(current=w, desired=desired[v], instances=1, instances_desired=1)
                for v, w in self.current
            },
        )


@dataclass(frozen=True)
class Actor:
    """An operation: what it wants, what it knows, what call of its is on the way."""

    name: str
    goal: up.Up | rollback.Rollback
    journal: Journal | None = None
    etag: int = -1
    view: View | None = None
    taken: tuple[tuple[object, int], ...] = ()
    began: str | None = None
    started: bool = False
    flight: Action | None = None
    outcome: str | None = None  # "done", "already", "refused", "broken", "crashed"
    shown: str = ""

    @property
    def operator(self) -> bool:
        return isinstance(self.goal, rollback.Rollback)

    def decide(self) -> Action:
        assert self.view is not None
        if isinstance(self.goal, rollback.Rollback):
            return rollback.decide(self.goal, self.view)
        return up.decide(self.goal, self.view)


@dataclass(frozen=True)
class Faults:
    """How often the world may still misbehave."""

    crashes: int = 0
    lost: int = 0
    reverts: int = 0
    foreign: int = 0
    ticks: int = 3


@dataclass(frozen=True)
class World:
    clock: float
    journal: Journal
    etag: int
    host: Host
    actors: tuple[Actor, ...]
    faults: Faults
    foreign_moved: bool = False
    rolled: tuple[
        tuple[str, Version, tuple[Version, ...]], ...
    ] = ()  # rollbacks reported done: target, rejected
    orphans: tuple[tuple[str, Action], ...] = ()  # calls of crashed operations, still on their way
    broken: tuple[str, ...] = ()

    def key(self) -> Hashable:
        """Equal for states that behave alike: times count relative to the clock, history only where it is looked at."""
        clock = self.clock
        return (
            _journal_key(self.journal, clock),
            self.host,
            tuple(
                (
                    a.etag == self.etag,
                    _journal_key(a.journal, clock),
                    a.view
                    and (_endpoint_key(a.view.endpoint), _age(a.view.described, clock), a.view.unrecorded),
                    a.view and a.view.journal is not a.journal and _journal_key(a.view.journal, clock),
                    a.taken,
                    a.began,
                    a.started,
                    _call_key(a.flight, clock),
                    a.outcome,
                )
                for a in self.actors
            ),
            self.faults,
            self.foreign_moved,
            self.rolled,
            tuple((n, _call_key(o, clock)) for n, o in self.orphans),
            self.broken,
        )


def _age(instant: float, clock: float) -> float:
    return max(instant - clock, -1.0)


@functools.lru_cache(maxsize=200_000)
def _parts(journal: "Identity") -> tuple[Hashable, tuple[float, ...]]:
    """A journal's timeless part, and its instants."""
    value = journal.value
    intent = value.intent
    timeless = (
        value.live,
        value.fleet,
        tuple(sorted(value.weights.items())),
        intent and (intent.aim, intent.drops),
        tuple((r.version, r.actor) for r in value.rejections),
        tuple(s.version for s in value.served),
        value.drops,
        value.decision and (value.decision.operation, value.decision.kind),
        tuple((e.operation, e.kind) for e in value.history[-4:]),
    )
    instants = (value.fence, value.drops_until, *((intent.deadline, intent.fence) if intent else ()))
    return timeless, instants


@dataclass(frozen=True, eq=False)
class Identity:
    """A journal by identity: one that was written is never changed."""

    value: Journal

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other.value is self.value


def _journal_key(journal: Journal | None, clock: float) -> Hashable:
    if journal is None:
        return None
    timeless, instants = _parts(Identity(journal))
    return timeless, tuple(_age(instant, clock) for instant in instants)


def _endpoint_key(endpoint: Endpoint | None) -> Hashable:
    return endpoint and (endpoint.config, endpoint.status, tuple(endpoint.variants.items()))


def _call_key(call: Action | None, clock: float) -> Hashable:
    match call:
        case Move(w, deadline):
            return ("move", tuple(w.items()), _age(deadline, clock))
        case ChangeFleet(config, _, w, deadline):
            return ("fleet", config, tuple(w.items()), _age(deadline, clock))
    return None


@dataclass(frozen=True)
class Hooks:
    """Where a planted mutation may bite; the defaults are the protocol's conductor as it is."""

    keeps_view_after_wait: bool = False
    ignores_deadline: bool = False
    unconditional_write: bool = False
    skips_intent: bool = False
    alter: Callable[[Action], Action] = field(default=lambda action: action)


def successors(world: World, hooks: Hooks) -> Iterator[tuple[str, World]]:
    """Every next state, with what led to it."""
    for index, actor in enumerate(world.actors):
        if actor.outcome is None:
            yield from _steps(world, index, actor, hooks)
    for index, (name, call) in enumerate(world.orphans):
        rest = world.orphans[:index] + world.orphans[index + 1 :]
        if world.clock <= _deadline(call) or hooks.ignores_deadline:
            landed, _ = _land(replace(world, orphans=rest), name, call)
            yield f"{name}'s call lands", landed
    if world.host.pending:
        yield "SageMaker finishes", replace(world, host=_finished(world.host))
        if world.faults.reverts:
            less = replace(world.faults, reverts=world.faults.reverts - 1)
            back = replace(world.host, desired=world.host.current, pending=None)
            yield "SageMaker takes it back", replace(world, host=back, faults=less)
    elif world.faults.foreign:
        for version, _ in world.host.current:
            moved = tuple((v, 100 if v == version else 0) for v, _ in world.host.current)
            if moved != world.host.desired:
                less = replace(world.faults, foreign=world.faults.foreign - 1)
                host = replace(world.host, current=moved, desired=moved)
                yield (
                    f"console moves to {version}",
                    replace(world, host=host, faults=less, foreign_moved=True),
                )
    if world.faults.ticks and any(a.outcome is None for a in world.actors):
        less = replace(world.faults, ticks=world.faults.ticks - 1)
        for step in (SHORT, TICK * 4):
            yield f"+{step:.0f} s", _ticked(replace(world, clock=world.clock + step, faults=less), hooks)


def _ticked(world: World, hooks: Hooks) -> World:
    """Calls that did not land before their deadline never will: their time-out lies inside it."""
    if hooks.ignores_deadline:
        return world
    orphans = tuple((n, o) for n, o in world.orphans if world.clock <= _deadline(o))
    actors = tuple(
        replace(a, flight=None, view=None, journal=None)
        if a.flight and world.clock > _deadline(a.flight)
        else a
        for a in world.actors
    )
    return replace(world, orphans=orphans, actors=actors)


def _deadline(call: Action) -> float:
    assert isinstance(call, Move | Scale | ChangeFleet)
    return call.deadline


def _with(world: World, index: int, actor: Actor, **changes: object) -> World:
    actors = world.actors[:index] + (actor,) + world.actors[index + 1 :]
    return replace(world, actors=actors, **changes)  # type: ignore[arg-type]


def _steps(world: World, index: int, actor: Actor, hooks: Hooks) -> Iterator[tuple[str, World]]:
    name = actor.name
    if world.faults.crashes and actor.started:
        less = replace(world.faults, crashes=world.faults.crashes - 1)
        orphans = (*world.orphans, (name, actor.flight)) if actor.flight else world.orphans
        gone = replace(actor, flight=None, view=None, journal=None, outcome="crashed")
        yield f"{name} is killed", _with(world, index, gone, faults=less, orphans=orphans)
    if actor.flight is not None:
        yield from _landings(world, index, actor)
        return
    if actor.journal is None:
        decision = world.journal.decision
        began = actor.began if actor.started else (decision.operation if decision else None)
        read = replace(actor, journal=world.journal, etag=world.etag, started=True, began=began)
        yield f"{name} reads the journal", _with(world, index, read)
        return
    if actor.view is None:
        view = View(
            journal=actor.journal,
            endpoint=world.host.described(),
            now=world.clock,
            described=world.clock,
            began=actor.began,
        )
        described = replace(actor, view=view)
        yield (
            f"{name} describes",
            _with(world, index, described if _acts_next(described, hooks) else _forgot(actor)),
        )
        return
    aim = actor.view.journal.intent.aim if actor.view.journal.intent else None
    view = msgspec.structs.replace(actor.view, now=world.clock, taken=dict(actor.taken).get(aim, 0))
    actor = replace(actor, view=view)
    try:
        action = hooks.alter(actor.decide())
    except RefusedError as error:
        yield f"{name} refuses: {error}", _with(world, index, _ended(actor, "refused"))
        return
    except EndpointBrokenError as error:
        yield f"{name} gives up: {error}", _with(world, index, _ended(actor, "broken"))
        return
    yield from _acts(world, index, actor, action, hooks)


def _forgot(actor: Actor) -> Actor:
    return replace(actor, view=None, journal=None)


def _acts_next(actor: Actor, hooks: Hooks) -> bool:
    """Whether it does not merely wait: a wait changes nothing that others see, so it needs no state of its own."""
    try:
        return hooks.keeps_view_after_wait or not isinstance(hooks.alter(actor.decide()), Wait)
    except (RefusedError, EndpointBrokenError):
        return True


def _ended(actor: Actor, outcome: str) -> Actor:
    return replace(actor, view=None, journal=None, taken=(), outcome=outcome)


def _acts(
    world: World, index: int, actor: Actor, action: Action, hooks: Hooks
) -> Iterator[tuple[str, World]]:
    name, view = actor.name, actor.view
    assert view is not None
    match action:
        case Done():
            yield f"{name}: {action.summary}", _done(world, index, actor, action)
        case ReadTag():
            tagged = replace(actor, view=msgspec.structs.replace(view, unrecorded=None))
            yield from _steps(_with(world, index, tagged), index, tagged, hooks)
        case Wait():
            if hooks.keeps_view_after_wait and view.endpoint and not world.host.pending:
                seen = msgspec.structs.replace(view, endpoint=world.host.described())
                yield f"{name} waits", _with(world, index, replace(actor, view=seen))
            else:
                yield f"{name} waits", _with(world, index, _forgot(actor))
        case Write(journal):
            if actor.etag != world.etag and not hooks.unconditional_write:
                yield f"{name}'s write conflicts", _with(world, index, _forgot(actor))
                return
            if hooks.skips_intent and journal.intent and not view.journal.intent:
                pretended = replace(actor, view=msgspec.structs.replace(view, journal=journal))
                yield f"{name} skips its intent", _with(world, index, pretended)
                return
            etag = world.etag + 1
            known = replace(
                actor, journal=journal, etag=etag, view=msgspec.structs.replace(view, journal=journal)
            )
            kind = journal.intent.kind if journal.intent else "outcome"
            yield f"{name} writes {kind}", _with(world, index, known, journal=journal, etag=etag)
            if world.faults.lost:
                less = replace(world.faults, lost=world.faults.lost - 1)
                unknown = _forgot(actor)
                yield (
                    f"{name} writes {kind}, response lost",
                    _with(world, index, unknown, journal=journal, etag=etag, faults=less),
                )
        case Move() | Scale() | ChangeFleet():
            if not intents.may_send(action.deadline, world.clock) and not hooks.ignores_deadline:
                yield f"{name} is too late", _with(world, index, _forgot(actor))
                return
            yield f"{name} sends", _with(world, index, replace(actor, flight=action))


def _landings(world: World, index: int, actor: Actor) -> Iterator[tuple[str, World]]:
    """The call on its way is carried out or refused, and answered; or the answer is lost."""
    assert actor.flight is not None
    assert actor.view is not None
    landed, taken = _land(world, actor.name, actor.flight)
    aim = actor.view.journal.intent.aim if actor.view.journal.intent else None
    counts = dict(actor.taken)
    counts[aim] = counts.get(aim, 0) + taken
    answered = replace(actor, flight=None, view=None, journal=None, taken=tuple(counts.items()))
    yield f"{actor.name}'s call {'is taken' if taken else 'is refused'}", _with(landed, index, answered)
    if world.faults.lost and taken:
        less = replace(world.faults, lost=world.faults.lost - 1)
        unknown = replace(actor, flight=None, view=None, journal=None)
        yield f"{actor.name}'s call is taken, response lost", _with(landed, index, unknown, faults=less)


def _land(world: World, name: str, call: Action) -> tuple[World, int]:
    """SageMaker receives a call. What it must never be asked is noted."""
    if world.host.pending:
        return world, 0
    match call:
        case Move(target, _):
            faults = _forbidden_move(world, name, target)
            desired = (
                tuple(sorted((v, target[v]) for v, _ in world.host.current))
                if _covers(world, target)
                else None
            )
            if desired is None:
                return replace(world, broken=(*world.broken, *faults)), 0
            host = replace(world.host, desired=desired, pending=("weights", desired))
            return replace(world, host=host, broken=(*world.broken, *faults)), 1
        case ChangeFleet(config, fleet, initial, _):
            gone = [v for v, w in world.host.current if v not in fleet and w > 0]
            gone += [v for v, w in world.host.desired if v not in fleet and w > 0]
            faults = [f"{name} drops {gone[0]}, which serves"] if gone and not world.foreign_moved else []
            kept = dict(world.host.desired)
            after = tuple(sorted((v, kept.get(v, initial.get(v, 0))) for v in fleet))
            host = replace(world.host, pending=("fleet", (config, after)))
            return replace(world, host=host, broken=(*world.broken, *faults)), 1
    raise AssertionError(call)


def _covers(world: World, target: weights.Weights) -> bool:
    return {v for v, _ in world.host.current} == set(target)


def _forbidden_move(world: World, name: str, target: weights.Weights) -> list[str]:
    found = []
    if sum(target.values()) != weights.FULL:
        found.append(f"{name} sends weights that sum to {sum(target.values())}")
    actor = next(a for a in world.actors if a.name == name)
    if isinstance(actor.goal, up.Up):
        found += [
            f"{name} gives {v} traffic after a rollback from it was reported done"
            for _, _, rejected in world.rolled
            for v in rejected
            if target.get(v, 0) > 0
        ]
    return found


def _finished(host: Host) -> Host:
    assert host.pending is not None
    kind, what = host.pending
    if kind == "weights":
        return replace(host, current=host.desired, pending=None)
    config, after = what  # type: ignore[misc]
    return Host(config=config, current=after, desired=after)


def _done(world: World, index: int, actor: Actor, action: Done) -> World:
    """An operation says that it is done: then it must be so."""
    outcome = "already" if action.already else "done"
    ended = _ended(actor, outcome)
    found = []
    current = dict(world.host.current)
    if isinstance(actor.goal, rollback.Rollback):
        target = weights.main_version(world.journal.weights)
        assert target is not None
        rejected = tuple(r.version for r in world.journal.rejections if r.actor == actor.name)
        decision = world.journal.decision
        latest = world.journal.intent is None and decision is not None and decision.operation == actor.name
        if (latest or action.already) and current.get(target) != weights.FULL and not world.foreign_moved:
            found.append(f"{actor.name} reports done, and {target} does not serve")
        return _with(
            world,
            index,
            ended,
            rolled=(*world.rolled, (actor.name, target, rejected)),
            broken=(*world.broken, *found),
        )
    request: Request = actor.goal.request
    stored = world.journal
    newer = any(a.name != actor.name and a.started and not a.operator for a in world.actors)
    if not newer and stored.live != request.live:
        found.append(f"{actor.name} reports done, and live {request.live} is not recorded")
    if not newer and world.host.config != config_name(request.fleet):
        found.append(f"{actor.name} reports done, and the fleet is {world.host.config}")
    return _with(world, index, ended, broken=(*world.broken, *found))
