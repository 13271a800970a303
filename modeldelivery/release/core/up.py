"""`pulumi up`: bring an endpoint to what config asks, by phases add → shift → drop, each observed before the next."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from modeldelivery.release.core import history, lost, unrecorded, weights
from modeldelivery.release.core.action import Action, Ask, Done, PutBack, Question, View, Wait, Write
from modeldelivery.release.core.capacity import shortfalls
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.intent import (
    ROLLED_BACK,
    arrived,
    finished,
    lease,
    opened,
    opened_in_place,
    present,
    pursue,
    refuse_broken,
    send_fleet,
    superseded,
)
from modeldelivery.release.core.journal import ClusterPlace, Event, EventKind, Intent, IntentKind, Journal
from modeldelivery.release.core.request import Request
from modeldelivery.release.core.resolve import Plan, refuse_young, resolve
from modeldelivery.release.core.target import placed, refuse_another
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.errors import BrokenError, RefusedError
from modeldelivery.release.version import Version, precedence

ConfigName = Callable[[tuple[Version, ...]], str]


class Up(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of the program asks.

    Attributes:
        operation: id of this run.
        actor: who runs it.
        request: the release, from config.
        shown: weights that the preview showed; traffic that it did not show is never given. None: none was shown.
        serving: weights that served at the preview, None when none were known.
        config: name of the endpoint configuration that holds a fleet as config wants it, by the fleet's versions.
        place: where config has it serve, when that is not SageMaker.
    """

    operation: str
    actor: str
    request: Request
    shown: Mapping[Version, int] | None
    serving: Mapping[Version, float] | None
    config: ConfigName
    place: ClusterPlace | None = None


def decide(command: Up, view: View) -> Action:
    """The next act of an `up`.

    Raises:
        RefusedError: by the rules of `resolve`, or because something else was decided while it ran.
        BrokenError: when the platform failed, or silently undid, what it was asked.
        DamagedError: the journal is gone.
    """
    journal, endpoint = view.journal, view.endpoint
    intent = journal.intent
    _refuse_if_superseded(command, view)
    if endpoint is not None and endpoint.busy:
        return Wait("endpoint is changing")
    if lost.must_ask(view):
        return Ask(Question.OWNER)
    lost.refuse(journal, view.answers.get(Question.OWNER))
    refuse_another(journal, command.place)
    if endpoint is not None and Question.MARK not in view.answers:
        return Ask(Question.MARK)
    unrecorded.refuse(view.mark)
    if intent and intent.operation == command.operation:
        return _own(view, intent)
    if _others_may_act(command, view):
        return Wait("another operation may still act", journal.fence)
    if intent and intent.kind is IntentKind.ROLLBACK and endpoint is not None:
        return _finish(command, view)
    return _follow(command, view)


def _refuse_if_superseded(command: Up, view: View) -> None:
    """Raises RefusedError when this run's move was closed: by the platform, or by someone whose decision stands."""
    own = [event for event in view.journal.history if event.operation == command.operation]
    if own and own[-1].kind is EventKind.CLOSED:
        changed = "; ".join([*_changed(own[:-1]), *_left(command, own[-1], view)])
        raise RefusedError(
            f"{own[-1].reason}. {changed or 'Nothing else was changed'}; `modelctl status` shows where things stand"
            f"{_kept_out(own[-1], view.endpoint)}"
        )


def _kept_out(closed: Event, endpoint: Endpoint | None) -> str:
    """How a version that cannot start is kept from failing the next change as well, as one that joins by rule would; "" for no such."""
    joiners = sorted(closed.target.keys() - endpoint.variants.keys(), key=precedence) if endpoint else []
    if not joiners or ROLLED_BACK not in closed.reason:
        return ""
    which = joiners[0] if len(joiners) == 1 else "VERSION"
    return f"; if {' or '.join(joiners)} cannot start, `modelctl reject {which} --reason …` keeps it from the next change"


def _changed(own: list[Event]) -> Iterator[str]:
    """What a run carried out before it was stopped."""
    for event in own:
        if event.kind in {EventKind.CREATE, EventKind.FLEET}:
            yield f"this `up` had changed the fleet to {', '.join(sorted(event.target))}"
        elif event.kind is EventKind.UP and not weights.same(event.source, event.target):
            yield f"this `up` had moved traffic to {', '.join(sorted(weights.traffic(event.target)))}"


def _left(command: Up, closed: Event, view: View) -> Iterator[str]:
    """What becomes of a change of the fleet that was overtaken: its call may have been taken before, and not be shown yet."""
    change = weights.same(closed.source, closed.target) or not closed.source
    endpoint = view.endpoint
    if not change or endpoint is None:
        return
    if endpoint.busy:
        yield f"its change of the fleet may still be carried out: the endpoint is {endpoint.word}"
    elif endpoint.config == command.config(tuple(sorted(closed.target))):
        yield f"its change of the fleet to {', '.join(sorted(closed.target))} was carried out"
    elif view.lagging or not view.answered:
        yield "its change of the fleet may still be carried out: the endpoint does not show yet what became of the call"


def _others_may_act(command: Up, view: View) -> bool:
    """Whether a call of another operation may have come after what was seen of the endpoint, or may still come."""
    journal = view.journal
    mine = journal.history[-1].operation == command.operation if journal.history else False
    if journal.intent:
        mine = journal.intent.holder == command.operation
    return not mine and view.described <= journal.fence


def _finish(command: Up, view: View) -> Action:
    """Carry on a rollback whose owner is gone. A renewal says whose it is: nobody waits out a deadline of its own."""
    action = pursue(view, scale=True)
    if not isinstance(action, Write) or action.journal.intent is None:
        return action
    held = msgspec.structs.replace(action.journal.intent, holder=command.operation)
    return Write(msgspec.structs.replace(action.journal, intent=held))


def _own(view: View, intent: Intent) -> Action:
    """Carry on this run's own intent."""
    endpoint = view.endpoint
    if intent.kind is IntentKind.UP:
        if endpoint is None:
            raise BrokenError(
                "the endpoint was deleted while its traffic was being moved", hint="run `pulumi up` again"
            )
        return pursue(view, scale=True)
    if endpoint is None or endpoint.config != intent.config or endpoint.impaired:
        return send_fleet(view)
    refuse_broken(endpoint)
    if intent.kind is IntentKind.CREATE and not arrived(intent, endpoint):
        raise BrokenError(f"the endpoint was made and does not serve as asked: {endpoint.current}")
    return Write(msgspec.structs.replace(finished(view), parked={}))


def _follow(command: Up, view: View) -> Action:
    """Nobody else acts: record what a dead owner's intent did, and do what `resolve` then says."""
    endpoint, now = view.endpoint, view.now
    before = view.journal
    if before.parked:
        restored = view.put_back or not present(view)
        return Write(msgspec.structs.replace(before, parked={})) if restored else PutBack(present(view))
    journal = superseded(view, f"superseded by {command.actor}")
    view = msgspec.structs.replace(view, journal=journal)
    young = journal.decision is not None and journal.decision.operation == command.operation
    request = _unbaked(command.request) if young else command.request
    plan = resolve(request, journal, endpoint, now)
    _refuse_unseen(command, plan, view, before.decision)
    if endpoint is None:
        return Write(_open_fleet(command, view, IntentKind.CREATE, request.fleet, plan.weights))
    refuse_broken(endpoint)
    staged = tuple(request.fleet) if not plan.shifts else (*request.fleet, *plan.drop)
    changes = endpoint.config != command.config(staged) or endpoint.impaired
    if changes:
        refuse_young(request, journal, now)
    if (changes or not plan.shifts) and not weights.same(endpoint.desired, endpoint.current):
        _refuse_guess(view.journal, endpoint)
        return Write(_take_back(command, view, plan))
    if changes:
        return Write(_open_fleet(command, view, IntentKind.FLEET, staged, plan.standing))
    if plan.shifts or (plan.decided and not weights.same(plan.weights, journal.weights)):
        return Write(_open_shift(command, view, plan))
    applied = _applied(command, journal)
    if applied != before:
        return Write(applied)
    warnings = (*plan.warnings, *shortfalls(view))
    return Done("as config and the journal say", warnings, resizes=tuple(sorted(journal.resizes)))


def _unbaked(request: Request) -> Request:
    """This run's own shift does not hold up its own drop: rule 9 speaks of the change after it."""
    return msgspec.structs.replace(request, rules=msgspec.structs.replace(request.rules, bake_seconds=0))


def _refuse_unseen(command: Up, plan: Plan, view: View, decision: Event | None) -> None:
    """Raises RefusedError rather than move traffic in a way that the preview did not show, or over a newer decision.

    `decision` is the journal's as it was read. What an earlier `up` had under way when this one began is none that is newer.
    """
    mine = decision is not None and decision.operation == command.operation
    if mine or not (plan.shifts or plan.decided):
        return
    is_shown = decision is None or decision.operation == view.began
    if decision and decision.kind is not EventKind.ROLLBACK:
        is_shown = is_shown or decision.operation == view.pending
    if decision and not is_shown:
        raise RefusedError(
            f"{decision.actor} decided ({decision.kind}: {decision.reason}) while this `up` ran; that stands"
        )
    serving = view.endpoint.current if view.endpoint else {}
    moved = command.serving is not None and not weights.same(serving, command.serving)
    changed = command.shown is not None and not weights.same(plan.weights, command.shown)
    if moved or changed:
        raise RefusedError(
            f"the preview showed {dict(command.serving or {})} → {dict(command.shown or {})}, and now it would be "
            f"{serving} → {plan.weights}: something changed in between. Nothing was moved; run `pulumi preview` again"
        )


def _open_fleet(
    command: Up, view: View, kind: IntentKind, fleet: tuple[Version, ...], standing: Weights
) -> Journal:
    journal, endpoint = view.journal, view.endpoint
    there = endpoint.variants if endpoint else {}
    intent = Intent(
        operation=command.operation,
        kind=kind,
        actor=command.actor,
        reason=f"fleet {', '.join(fleet)}",
        since=view.now,
        source=dict(standing) if kind is IntentKind.FLEET else {},
        target={v: standing.get(v, 0) for v in sorted(fleet)},
        deadline=lease(view),
        fence=journal.fence,
        live=command.request.live if kind is IntentKind.CREATE else None,
        config=command.config(fleet),
        drops=tuple(sorted(v for v in there if v not in fleet)),
        fleet=fleet,
    )
    recorded = msgspec.structs.replace(journal, digests={**journal.digests, **command.request.digests})
    return opened(placed(recorded, command.place), intent, view.now)


def _open_shift(command: Up, view: View, plan: Plan) -> Journal:
    journal = view.journal
    changed = command.request.live != journal.live
    intent = Intent(
        operation=command.operation,
        kind=IntentKind.UP,
        actor=command.actor,
        reason=f"release.live is {command.request.live}",
        since=view.now,
        source=dict(plan.standing),
        target=weights.checked(plan.weights),
        deadline=lease(view),
        fence=journal.fence,
        live=command.request.live if changed else None,
    )
    return opened(journal, intent, view.now)


def _take_back(command: Up, view: View, plan: Plan) -> Journal:
    """Ask for the weights in force, where a move that came to nothing has left a Desired that differs.

    A fleet change may apply such a Desired (AWS does not say which of both `RetainAllVariantProperties` retains), and so may
    any later call for instances: it is taken back, and observed, before anything else. It moves nothing.
    """
    reason = "takes back what was asked for and never came to be"
    return opened_in_place(view, command.operation, command.actor, reason, plan.standing)


def _refuse_guess(journal: Journal, endpoint: Endpoint) -> None:
    """Raises BrokenError where what is in force is not known: to ask for what may not be might move traffic."""
    if history.is_guess(journal, endpoint):
        raise BrokenError(
            f"what serves cannot be told while this stands: {endpoint.failure}. Nothing was moved",
            hint="mend what it names, then run `pulumi up` again",
        )


def _applied(command: Up, journal: Journal) -> Journal:
    """What this run leaves in the journal when nothing has to move: config's `live` counts as applied even if forbidden."""
    applied = msgspec.structs.replace(
        journal,
        live=command.request.live,
        fleet=command.request.fleet,
        digests={**journal.digests, **command.request.digests},
        resizes={v: count for v, count in journal.resizes.items() if v in command.request.fleet},
    )
    return placed(applied, command.place)
