"""Names of states: equal for those that behave alike, so that the search visits them once."""

from collections.abc import Hashable

import msgspec

from modeldelivery.release.core.action import Action, ChangeFleet, Move, Scale, Scaling, View
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.version import Version
from tests.model.host import Host
from tests.model.world import Actor, World


class Keys:
    """Times count relative to the clock, history only where a decision looks at it.

    Journals, endpoints and actors are never changed, so each one's key is made once and known by a number from then on.
    """

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._journals: dict[int, tuple[Journal, int, tuple[float, ...]]] = {}
        self._hosts: dict[int, tuple[Host, int]] = {}
        self._actors: dict[tuple[int, float, bool, int], tuple[Actor, int]] = {}

    def of(self, world: World) -> Hashable:
        clock = world.clock
        return (
            self._journal(world.journal, clock),
            self._host(world.host),
            tuple([self._actor(actor, clock, world) for actor in world.actors]),
            self._number(
                (
                    world.faults,
                    world.foreign_moved,
                    world.by_console,
                    world.emergency,
                    world.rolled,
                    tuple((name, _call(call, clock, world)) for name, call in world.orphans),
                    world.broken,
                )
            ),
        )

    def _host(self, host: Host) -> int:
        existing = self._hosts.get(id(host))
        if existing is None:
            key = msgspec.structs.replace(host, version=min(host.version, 1))
            existing = self._hosts[id(host)] = (host, self._number(key))
        return existing[1]

    def _number(self, thing: Hashable) -> int:
        return self._numbers.setdefault(thing, len(self._numbers))

    def _actor(self, actor: Actor, clock: float, world: World) -> int:
        if actor.outcome:
            return self._number(actor.outcome)
        fresh = actor.etag == world.etag
        place = (id(actor), clock, fresh, world.host.version)
        existing = self._actors.get(place)
        if existing is None:
            key = (
                fresh,
                actor.journal and self._journal(actor.journal, clock),
                actor.view and self._view(actor.view, clock, world),
                actor.taken,
                tuple(_scaling(v, s, clock) for v, s in actor.scaled),
                actor.answered,
                actor.began,
                actor.pending,
                actor.mark,
                tuple((_answer(answer, world), clock - at) for answer, at in actor.trace),
                actor.started,
                _call(actor.flight, clock, world),
            )
            existing = self._actors[place] = (actor, self._number(key))
        return existing[1]

    def _view(self, view: View, clock: float, world: World) -> Hashable:
        intent = view.journal.intent
        return (
            self._journal(view.journal, clock),
            _endpoint(view.endpoint, world),
            view.described <= view.journal.fence,
            intent is not None and view.described <= intent.fence,
            tuple(view.answers.items()),
            view.confirmed,
        )

    def _journal(self, journal: Journal, clock: float) -> tuple[int, ...]:
        key = self._journals.get(id(journal))
        if key is None:
            timeless, instants = _parts(journal)
            key = self._journals[id(journal)] = (journal, self._number(timeless), instants)
        return (key[1], *[int(i - clock) if i >= clock else -1 for i in key[2]])


def _parts(journal: Journal) -> tuple[Hashable, tuple[float, ...]]:
    """A journal's timeless part, and its instants."""
    intent, decision = journal.intent, journal.decision
    timeless = (
        journal.live,
        journal.fleet,
        _flat(journal.weights),
        intent and (intent.aim, _flat(intent.source), intent.live, intent.drops, intent.holder),
        tuple((r.version, r.actor) for r in journal.rejections),
        tuple((s.version, s.whole is not None) for s in journal.served),
        journal.drops,
        decision and (decision.operation, decision.kind, _flat(decision.target)),
        tuple({e.operation: e.kind for e in journal.history}.items()),
        journal.history[-1:] and journal.history[-1].operation,
    )
    return timeless, (
        journal.fence,
        journal.drops_until,
        *((intent.deadline, intent.fence) if intent else ()),
    )


def _endpoint(endpoint: Endpoint | None, world: World) -> Hashable:
    return endpoint and (
        endpoint.config,
        endpoint.condition,
        endpoint.seal,
        _fresh(endpoint.token, world),
        tuple(endpoint.variants.items()),
    )


def _scaling(version: Version, scaling: Scaling, clock: float) -> Hashable:
    left = max(scaling.until - clock, -1.0)
    return version, scaling.instances, scaling.ended, scaling.accepted, clock - scaling.since, left


def _answer(answer: object, world: World) -> Hashable:
    return _endpoint(answer, world) if isinstance(answer, Endpoint) else type(answer).__name__


def _fresh(token: str, world: World) -> bool:
    """A token that is not the object's any more never will be again: which one it is does not matter."""
    return token == str(world.host.version)


def _call(call: Action | None, clock: float, world: World) -> Hashable:
    match call:
        case Move(share, deadline, operation, token):
            return "move", _flat(share), int(max(deadline - clock, -1)), operation, _fresh(token, world)
        case Scale(version, instances, deadline, share):
            return "scale", version, instances, _flat(share), int(max(deadline - clock, -1))
        case ChangeFleet(config, _, share, deadline, operation, token):
            left = int(max(deadline - clock, -1))
            return "fleet", config, _flat(share), left, operation, _fresh(token, world)
    return None


def _flat(share: object) -> Hashable:
    assert isinstance(share, dict)
    return tuple(sorted(share.items()))
