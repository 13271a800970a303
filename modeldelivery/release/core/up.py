"""`pulumi up`: bring an endpoint to what config asks, by phases add → shift → drop, each observed before the next."""

from collections.abc import Callable, Mapping

import msgspec

from modeldelivery.release.core import lost, weights
from modeldelivery.release.core.action import Action, Ask, Done, Question, View, Wait, Write
from modeldelivery.release.core.intent import (
    arrived,
    closed,
    finished,
    lease,
    opened,
    pursue,
    refuse_broken,
    send_fleet,
    settled,
    shortfalls,
)
from modeldelivery.release.core.journal import EventKind, Intent, IntentKind, Journal
from modeldelivery.release.core.request import Request
from modeldelivery.release.core.resolve import Plan, refuse_young, resolve
from modeldelivery.release.core.rollback import unrecorded_sentence
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.errors import BrokenError, RefusedError
from modeldelivery.release.version import Version

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
    """

    operation: str
    actor: str
    request: Request
    shown: Mapping[Version, int] | None
    serving: Mapping[Version, float] | None
    config: ConfigName


def decide(asked: Up, view: View) -> Action:
    """The next act of an `up`.

    Raises:
        RefusedError: by the rules of `resolve`, or because something else was decided while it ran.
        BrokenError: when the platform failed, or silently undid, what it was asked.
        DamagedError: the journal is gone.
    """
    journal, endpoint = view.journal, view.endpoint
    intent = journal.intent
    _refuse_if_superseded(asked, journal)
    if endpoint is not None and endpoint.busy:
        return Wait("endpoint is changing")
    if lost.must_ask(view):
        return Ask(Question.OWNER)
    lost.refuse(journal, view.answers.get(Question.OWNER))
    if endpoint is not None and Question.MARK not in view.answers:
        return Ask(Question.MARK)
    if view.mark:
        raise RefusedError(unrecorded_sentence(view.mark))
    if intent and intent.operation == asked.operation:
        return _own(view, intent)
    if _others_may_act(asked, view):
        return Wait("another operation may still act", journal.fence)
    if intent and intent.kind is IntentKind.ROLLBACK and endpoint is not None:
        return _finish(asked, view)
    if (
        intent
        and intent.kind is IntentKind.CREATE
        and endpoint
        and endpoint.config == intent.config
        and arrived(intent, endpoint)
    ):
        return Write(settled(journal, endpoint, view.now))
    return _follow(asked, view)


def _refuse_if_superseded(asked: Up, journal: Journal) -> None:
    """Raises RefusedError when this run's move was closed: by the platform, or by someone whose decision stands."""
    last = next((e for e in reversed(journal.history) if e.operation == asked.operation), None)
    if last and last.kind is EventKind.CLOSED:
        raise RefusedError(
            f"{last.reason}. Nothing else was changed; `modelctl status` shows where things stand"
        )


def _others_may_act(asked: Up, view: View) -> bool:
    """Whether a call of another operation may have come after what was seen of the endpoint, or may still come."""
    journal = view.journal
    mine = journal.history[-1].operation == asked.operation if journal.history else False
    if journal.intent:
        mine = journal.intent.holder == asked.operation
    return not mine and view.described <= journal.fence


def _finish(asked: Up, view: View) -> Action:
    """Carry on a rollback whose owner is gone. A renewal says whose it is: nobody waits out a deadline of its own."""
    action = pursue(view, scale=True)
    if not isinstance(action, Write) or action.journal.intent is None:
        return action
    held = msgspec.structs.replace(action.journal.intent, holder=asked.operation)
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
    return Write(finished(view))


def _follow(asked: Up, view: View) -> Action:
    """Nothing of others is pending: do what `resolve` says."""
    journal, endpoint, now = view.journal, view.endpoint, view.now
    young = journal.decision is not None and journal.decision.operation == asked.operation
    request = _unbaked(asked.request) if young else asked.request
    plan = resolve(request, journal, endpoint, now)
    _refuse_unseen(asked, plan, view)
    if endpoint is None:
        return Write(_open_fleet(asked, view, IntentKind.CREATE, request.fleet, plan.weights))
    refuse_broken(endpoint)
    staged = tuple(request.fleet) if not plan.shifts else (*request.fleet, *plan.drop)
    if endpoint.config != asked.config(staged) or endpoint.impaired:
        refuse_young(request, journal, now)
        return Write(_open_fleet(asked, view, IntentKind.FLEET, staged, plan.standing))
    if plan.shifts or (plan.decided and not weights.same(plan.weights, journal.weights)):
        return Write(_open_shift(asked, view, plan))
    applied = _applied(asked, journal, now)
    if applied != journal:
        return Write(applied)
    return Done("as config and the journal say", (*plan.warnings, *shortfalls(view)))


def _unbaked(request: Request) -> Request:
    """This run's own shift does not hold up its own drop: rule 9 speaks of the change after it."""
    return msgspec.structs.replace(request, rules=msgspec.structs.replace(request.rules, bake_seconds=0))


def _refuse_unseen(asked: Up, plan: Plan, view: View) -> None:
    """Raises RefusedError rather than move traffic in a way that the preview did not show, or over a newer decision."""
    decision = view.journal.decision
    mine = decision is not None and decision.operation == asked.operation
    if mine or not (plan.shifts or plan.decided):
        return
    if decision and decision.operation != view.began:
        raise RefusedError(
            f"{decision.actor} decided ({decision.kind}: {decision.reason}) while this `up` ran; that stands"
        )
    serving = view.endpoint.current if view.endpoint else {}
    moved = asked.serving is not None and not weights.same(serving, asked.serving)
    changed = asked.shown is not None and not weights.same(plan.weights, asked.shown)
    if moved or changed:
        raise RefusedError(
            f"the preview showed {dict(asked.serving or {})} → {dict(asked.shown or {})}, and now it would be "
            f"{serving} → {plan.weights}: something changed in between. Nothing was moved; run `pulumi preview` again"
        )


def _open_fleet(
    asked: Up, view: View, kind: IntentKind, fleet: tuple[Version, ...], standing: Weights
) -> Journal:
    journal, endpoint = view.journal, view.endpoint
    present = endpoint.variants if endpoint else {}
    intent = Intent(
        operation=asked.operation,
        kind=kind,
        actor=asked.actor,
        reason=f"fleet {', '.join(fleet)}",
        since=view.now,
        source=dict(standing) if kind is IntentKind.FLEET else {},
        target={v: standing.get(v, 0) for v in sorted(fleet)},
        deadline=lease(view),
        fence=journal.fence,
        live=asked.request.live if kind is IntentKind.CREATE else None,
        config=asked.config(fleet),
        drops=tuple(sorted(v for v in present if v not in fleet)),
        fleet=fleet,
    )
    known = msgspec.structs.replace(journal, digests={**journal.digests, **asked.request.digests})
    return opened(known, intent, view.now)


def _open_shift(asked: Up, view: View, plan: Plan) -> Journal:
    journal = view.journal
    changed = asked.request.live != journal.live
    intent = Intent(
        operation=asked.operation,
        kind=IntentKind.UP,
        actor=asked.actor,
        reason=f"release.live is {asked.request.live}",
        since=view.now,
        source=dict(plan.standing),
        target=weights.checked(plan.weights),
        deadline=lease(view),
        fence=journal.fence,
        live=asked.request.live if changed else None,
    )
    return opened(journal, intent, view.now)


def _applied(asked: Up, journal: Journal, now: float) -> Journal:
    """What this run leaves in the journal when nothing has to move: config's `live` counts as applied even if forbidden."""
    if journal.intent:
        journal = closed(journal, now, "its owner is gone")
    return msgspec.structs.replace(
        journal,
        live=asked.request.live,
        fleet=asked.request.fleet,
        digests={**journal.digests, **asked.request.digests},
    )
