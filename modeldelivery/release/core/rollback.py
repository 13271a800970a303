"""Rollback: the last good version gets its traffic back by weights alone, and what it takes the traffic from is rejected."""

import msgspec

from modeldelivery.release.core import history, lost, weights
from modeldelivery.release.core.action import Action, Ask, Done, Question, View, Wait, Write
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.intent import (
    dropping_until,
    lease,
    opened,
    pursue,
    refuse_broken,
    shortfalls,
)
from modeldelivery.release.core.journal import EventKind, Intent, IntentKind, Journal, Rejection, Verdict
from modeldelivery.release.core.resolve import rejected_sentence
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.version import Version


class Rollback(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator asks for.

    Attributes:
        operation: id of this run.
        actor: who.
        reason: why, for whoever reads it later.
        to: the version that shall serve; None for the fallback.
        keep: reject nothing.
        unscaled: move at once, even to fewer instances than serve now.
    """

    operation: str
    actor: str
    reason: str
    to: Version | None = None
    keep: bool = False
    unscaled: bool = False

    @property
    def verdict(self) -> Verdict:
        """What it says of the versions that it takes the traffic from."""
        if not self.keep:
            return Verdict.REJECTS
        return Verdict.GIVES if self.to else Verdict.KEEPS


def decide(asked: Rollback, view: View) -> Action:
    """The next act of a rollback.

    Raises:
        RefusedError: when there is nothing to go back to, with what to do.
        BrokenError: when the endpoint takes no weights.
        DamagedError: the journal is gone.
    """
    journal, endpoint = view.journal, view.endpoint
    if endpoint is None:
        raise RefusedError(
            "there is no endpoint, so there is no traffic to move", hint="`pulumi up` makes one"
        )
    if journal.intent and journal.intent.operation == asked.operation:
        return pursue(view, scale=not asked.unscaled)
    if journal.decision and journal.decision.operation == asked.operation:
        return Done(f"rolled back to {weights.main_version(journal.weights)}", shortfalls(view))
    _refuse_if_closed(asked, journal)
    if lost.must_ask(view):
        return Ask(Question.OWNER)
    lost.refuse(journal, view.answers.get(Question.OWNER))
    refuse_broken(endpoint)
    if _must_ask_for_mark(view):
        return Ask(Question.MARK)
    if view.mark:
        raise RefusedError(unrecorded_sentence(view.mark))
    standing = _standing(journal, endpoint)
    target = asked.to or standing or _fallback(journal, endpoint)
    if standing == target:
        if view.described <= journal.fence:
            return Wait("an earlier call may still arrive", journal.fence)
        return _confirmed(asked, view, target)
    falling = dropping_until(journal, target, view.now)
    if falling:
        return Wait("another operation may still act", falling)
    if target not in endpoint.variants:
        if endpoint.busy:
            return Wait("endpoint is changing")
        raise RefusedError(
            f"{target} is not on the endpoint (there: {', '.join(sorted(endpoint.variants))}): roll back to one of these "
            f"with --to, or add {target} to release.fleet and run `pulumi up`"
        )
    _refuse_unfit(target, journal, endpoint)
    opening = _open(asked, view, endpoint, target)
    _refuse_own_rejection(target, opening)
    return Write(opening)


def unrecorded_sentence(tag: str | None) -> str:
    """What stands in the way while a move without the journal is not adopted."""
    return (
        f"traffic was moved without the journal ({tag}), and nothing else may move it until that is recorded: "
        f"`modelctl adopt --reason …`"
    )


def rejected(
    asked_by: Rollback,
    view: View,
    target: Version,
    left: weights.Weights | None = None,
) -> tuple[Rejection, ...]:
    """Rejections after this rollback: of every other version that has traffic anywhere it can have some.

    `left` is what an earlier rollback that rejected nothing took the traffic from.
    """
    journal, endpoint = view.journal, view.endpoint
    assert endpoint is not None
    if asked_by.keep:
        return journal.rejections
    holders = {
        *weights.traffic(endpoint.current),
        *weights.traffic(endpoint.desired),
        *weights.traffic(journal.weights),
        *weights.traffic(left or {}),
    }
    if journal.intent:
        holders |= weights.traffic(journal.intent.target).keys()
    fresh = tuple(
        Rejection(
            version=v,
            digest=journal.digests.get(v),
            at=view.now,
            actor=asked_by.actor,
            reason=asked_by.reason,
        )
        for v in sorted(holders - {target})
        if not journal.rejection(v)
    )
    return (*journal.rejections, *fresh)


def _refuse_if_closed(asked: Rollback, journal: Journal) -> None:
    """Raises RefusedError when this very rollback was closed as not moved."""
    last = journal.history[-1] if journal.history else None
    if last and last.operation == asked.operation and last.kind is EventKind.CLOSED:
        raise RefusedError(f"traffic was NOT moved, the rejections are recorded. {last.reason}")


def _must_ask_for_mark(view: View) -> bool:
    """A move without the journal shows as weights that nothing explains, or hides behind an intent: only then ask."""
    assert view.endpoint is not None
    doubtful = view.journal.intent is not None or not history.explained(view.journal, view.endpoint)
    return doubtful and Question.MARK not in view.answers


def _fallback(journal: Journal, endpoint: Endpoint) -> Version:
    """Where a plain rollback goes, the very version that `status` calls the fallback. Raises RefusedError."""
    found = history.fallback(journal, endpoint)
    if found is None:
        raise RefusedError(
            "no version that may serve has carried everything here before this one",
            hint=f"name one with --to (on the endpoint: {', '.join(sorted(endpoint.variants))})",
        )
    return found


def _standing(journal: Journal, endpoint: Endpoint) -> Version | None:
    """The version that an earlier rollback went back to, when it is complete and is what the endpoint does right now.

    One that gave a version traffic (`--to … --keep`) went nowhere back: it can itself be rolled back.
    """
    decision = journal.decision
    complete = (
        decision is not None
        and decision.kind is EventKind.ROLLBACK
        and decision.verdict is not Verdict.GIVES
        and journal.intent is None
        and not endpoint.busy
        and history.same_life(journal, endpoint)
        and weights.same(decision.target, journal.weights)
        and weights.same(endpoint.current, journal.weights)
        and weights.same(endpoint.desired, journal.weights)
    )
    return weights.whole_version(journal.weights) if complete else None


def _confirmed(asked: Rollback, view: View, target: Version) -> Action:
    """Nothing has to move. One that rejected nothing (`--keep`) is confirmed by one that does: what it left is rejected."""
    journal, decision = view.journal, view.journal.decision
    assert decision is not None
    if asked.keep or decision.verdict is not Verdict.KEEPS:
        return Done(f"already rolled back to {target} by {decision.actor}: {decision.reason}", already=True)
    rejections = rejected(asked, view, target, decision.source)
    event = msgspec.structs.replace(
        decision,
        operation=asked.operation,
        at=view.now,
        actor=asked.actor,
        reason=asked.reason,
        verdict=Verdict.REJECTS,
    )
    opening = msgspec.structs.replace(journal, rejections=rejections)
    _refuse_own_rejection(target, opening)
    return Write(msgspec.structs.replace(opening.with_event(event), decision=event))


def _refuse_unfit(target: Version, journal: Journal, endpoint: Endpoint) -> None:
    rejection = journal.rejection(target)
    if rejection:
        raise RefusedError(
            f"{rejected_sentence(target, rejection)}; first `modelctl accept {target} --reason …`"
        )
    if endpoint.variants[target].instances < 1 and not endpoint.busy:
        raise RefusedError(
            f"{target} has no running instance: choose another with --to, or scale it and try again"
        )


def _refuse_own_rejection(target: Version, opening: Journal) -> None:
    """Raises RefusedError when the target is, under another name, what this rollback takes the traffic from."""
    rejection = opening.rejection(target)
    if rejection:
        raise RefusedError(
            f"{target} has the same bits as {rejection.version}, which has traffic: name another with --to, or type --keep "
            f"to reject nothing"
        )


def _open(asked: Rollback, view: View, endpoint: Endpoint, target: Version) -> Journal:
    journal = view.journal
    intent = Intent(
        operation=asked.operation,
        kind=IntentKind.ROLLBACK,
        actor=asked.actor,
        reason=asked.reason,
        since=view.now,
        source=dict(journal.weights),
        target=weights.all_to(target, endpoint.variants),
        deadline=lease(view),
        fence=journal.fence,
        verdict=asked.verdict,
    )
    decided = msgspec.structs.replace(journal, rejections=rejected(asked, view, target))
    return opened(decided, intent, view.now)
