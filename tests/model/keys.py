"""Names of states: equal for those that behave alike, so that the search visits them once."""

from collections.abc import Hashable

from modeldelivery.release.core.action import Action, ChangeFleet, Move, View
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal
from tests.model.world import Actor, World


class Keys:
    """Times count relative to the clock, history only where a decision looks at it.

    Journals and actors are never changed, so each one's key is made once and known by a number from then on.
    """

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._journals: dict[int, tuple[Journal, int, tuple[float, ...]]] = {}
        self._actors: dict[tuple[int, float, bool], tuple[Actor, int]] = {}

    def of(self, world: World) -> Hashable:
        clock = world.clock
        return (
            self._journal(world.journal, clock),
            self._number(world.host),
            tuple([self._actor(actor, clock, fresh=actor.etag == world.etag) for actor in world.actors]),
            self._number(
                (
                    world.faults,
                    world.foreign_moved,
                    world.rolled,
                    tuple((name, _call(call, clock)) for name, call in world.orphans),
                    world.broken,
                )
            ),
        )

    def _number(self, thing: Hashable) -> int:
        return self._numbers.setdefault(thing, len(self._numbers))

    def _actor(self, actor: Actor, clock: float, *, fresh: bool) -> int:
        if actor.outcome:
            return self._number(actor.outcome)
        place = (id(actor), clock, fresh)
        known = self._actors.get(place)
        if known is None:
            key = (
                fresh,
                actor.journal and self._journal(actor.journal, clock),
                actor.view and self._view(actor.view, clock),
                actor.taken,
                actor.answered,
                actor.began,
                actor.started,
                _call(actor.flight, clock),
            )
            known = self._actors[place] = (actor, self._number(key))
        return known[1]

    def _view(self, view: View, clock: float) -> Hashable:
        intent = view.journal.intent
        return (
            self._journal(view.journal, clock),
            _endpoint(view.endpoint),
            view.described <= view.journal.fence,
            intent is not None and view.described <= intent.fence,
            view.unrecorded,
        )

    def _journal(self, journal: Journal, clock: float) -> tuple[int, ...]:
        known = self._journals.get(id(journal))
        if known is None:
            timeless, instants = _parts(journal)
            known = self._journals[id(journal)] = (journal, self._number(timeless), instants)
        return (known[1], *[int(i - clock) if i >= clock else -1 for i in known[2]])


def _parts(journal: Journal) -> tuple[Hashable, tuple[float, ...]]:
    """A journal's timeless part, and its instants."""
    intent, decision = journal.intent, journal.decision
    timeless = (
        journal.live,
        journal.fleet,
        _flat(journal.weights),
        intent and (intent.aim, _flat(intent.source), intent.live, intent.drops, intent.holder),
        tuple((r.version, r.actor) for r in journal.rejections),
        tuple(s.version for s in journal.served),
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


def _endpoint(endpoint: Endpoint | None) -> Hashable:
    return endpoint and (
        endpoint.config,
        endpoint.status,
        tuple([(v, seen.current, seen.desired) for v, seen in endpoint.variants.items()]),
    )


def _call(call: Action | None, clock: float) -> Hashable:
    match call:
        case Move(share, deadline):
            return "move", _flat(share), int(max(deadline - clock, -1))
        case ChangeFleet(config, _, share, deadline):
            return "fleet", config, _flat(share), int(max(deadline - clock, -1))
    return None


def _flat(share: object) -> Hashable:
    assert isinstance(share, dict)
    return tuple(sorted(share.items()))
