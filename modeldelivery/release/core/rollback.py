"""Rollback: the last good version gets its traffic back by weights alone, and what it takes the traffic from is rejected."""

from collections.abc import Collection

import msgspec

from modeldelivery.release.core import history, lost, unrecorded, weights
from modeldelivery.release.core.action import Action, Ask, Done, Question, View, Wait, Write
from modeldelivery.release.core.capacity import shortfalls
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.fitness import refuse_own_rejection, refuse_unfit
from modeldelivery.release.core.intent import (
    dropping_until,
    lease,
    moves_nothing,
    opened,
    pursue,
    refuse_broken,
    superseded,
)
from modeldelivery.release.core.journal import (
    Event,
    EventKind,
    Intent,
    IntentKind,
    Journal,
    Rejection,
    Verdict,
)
from modeldelivery.release.core.standing import at_rest, left_by, same_rollback, standing_version
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


def decide(command: Rollback, view: View) -> Action:
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
    if journal.intent and journal.intent.operation == command.operation:
        return _carry_on(command, view)
    if _is_done(command, journal):
        return _reported(view, endpoint)
    _refuse_if_overruled(command, view)
    if lost.must_ask(view):
        return Ask(Question.OWNER)
    lost.refuse(journal, view.answers.get(Question.OWNER))
    refuse_broken(endpoint)
    if _must_ask_for_mark(view):
        return Ask(Question.MARK)
    unrecorded.refuse(view.mark)
    standing = standing_version(journal, endpoint, command.to)
    target = command.to or standing or _fallback(journal, endpoint)
    if standing == target and at_rest(journal, endpoint):
        if view.described <= journal.fence:
            return Wait("an earlier call may still arrive", journal.fence)
        return _confirmed(command, view, target)
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
    refuse_unfit(target, journal, endpoint)
    opening = _open(command, view, endpoint, target, standing)
    refuse_own_rejection(target, opening)
    return Write(opening)


def rejected(
    asked_by: Rollback,
    view: View,
    target: Version,
    left: Collection[Version] = (),
) -> tuple[Rejection, ...]:
    """Rejections after this rollback: of every other version that has traffic anywhere it can have some.

    `left` is what an earlier rollback that rejected nothing took the traffic from.
    """
    journal = view.journal
    if asked_by.keep:
        return journal.rejections
    holders = {*_holders(view), *left}
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


def _holders(view: View) -> set[Version]:
    """Versions that have traffic anywhere it can have some: the endpoint, the journal, the move under way."""
    journal, endpoint = view.journal, view.endpoint
    assert endpoint is not None
    aimed = journal.intent.target if journal.intent else {}
    places = (endpoint.current, endpoint.desired, journal.weights, aimed)
    return {version for place in places for version in weights.traffic(place)}


def _carry_on(command: Rollback, view: View) -> Action:
    """Go on with its own intent, unless traffic was moved without the journal since: that stands until it is adopted.

    The endpoint's mark is read again before any act that follows a wait, and before a call more than a lease after the last
    look; so a mark that is older than a lease is never moved over. The first call of all goes without: it must not wait.
    """
    action = pursue(view, scale=not command.unscaled)
    if isinstance(action, Wait):
        return action
    fresh = view.confirmed and view.timing.may_send(view.described + view.timing.lease, view.now)
    if Question.MARK not in view.answers and not fresh:
        return Ask(Question.MARK)
    unrecorded.refuse(view.mark)
    return action


def _reported(view: View, endpoint: Endpoint) -> Action:
    """What it says in the end is what serves by the last look, not only what the journal has.

    Raises:
        RefusedError: someone moved traffic after it.
    """
    journal = view.journal
    if weights.same(endpoint.current, journal.weights):
        return Done(f"rolled back to {weights.main_version(journal.weights)}", shortfalls(view))
    if endpoint.busy:
        return Wait("endpoint is changing")
    if view.lagging:
        return Wait("the endpoint does not show the accepted call yet")
    serves = weights.shown(weights.shares(endpoint.current))
    raise RefusedError(
        f"traffic was rolled back to {weights.main_version(journal.weights)}, and someone else has moved it since: now "
        f"{serves}",
        hint="`modelctl status` shows where things stand; `modelctl rollback` takes it back",
    )


def _is_done(command: Rollback, journal: Journal) -> bool:
    """Whether this rollback is what stands: carried out, by itself or by who finished it, and nobody moves on from it."""
    mine = journal.decision is not None and journal.decision.operation == command.operation
    return mine and (journal.intent is None or moves_nothing(journal.intent))


def _refuse_if_overruled(command: Rollback, view: View) -> None:
    """A rollback opens one intent: superseded, or closed as not moved, it ends and never moves over what came later.

    Raises:
        RefusedError: with what became of it.
    """
    journal = view.journal
    own = [event for event in journal.history if event.operation == command.operation]
    if not own and view.opened:
        raise RefusedError(
            "the journal no longer knows this rollback: it was deleted, or put back from a copy, meanwhile"
        )
    if not own:
        return
    if own[-1].kind is EventKind.CLOSED:
        raise RefusedError(f"traffic was NOT moved, the rejections are recorded. {own[-1].reason}")
    later = journal.intent or journal.decision
    assert later is not None
    raise RefusedError(
        f"this rollback was carried out, and since then {later.actor} decided ({later.kind}: {later.reason}); that stands"
    )


def _must_ask_for_mark(view: View) -> bool:
    """A move without the journal shows by its weights, which no recorded move sends, or hides behind an intent."""
    endpoint = view.endpoint
    assert endpoint is not None
    recorded = weights.recorded(endpoint.current) and weights.recorded(endpoint.desired)
    explained = recorded and history.explained(view.journal, endpoint)
    doubtful = view.journal.intent is not None or not explained
    return doubtful and Question.MARK not in view.answers


def _fallback(journal: Journal, endpoint: Endpoint) -> Version:
    """Where a plain rollback goes, the very version that `status` calls the fallback. Raises RefusedError."""
    if history.is_guess(journal, endpoint):
        raise RefusedError(
            f"what serves cannot be told while this stands: {endpoint.failure}",
            hint=f"name where to go with --to (on the endpoint: {', '.join(sorted(endpoint.variants))})",
        )
    fallback = history.fallback(journal, endpoint)
    if fallback is None:
        raise RefusedError(
            "no version that may serve has carried everything here before this one",
            hint=f"name one with --to (on the endpoint: {', '.join(sorted(endpoint.variants))})",
        )
    return fallback


def _confirmed(command: Rollback, view: View, target: Version) -> Action:
    """Nothing has to move. One that rejected nothing (`--keep`) is confirmed by one that does: what it left is rejected."""
    journal, decision = view.journal, view.journal.decision
    assert decision is not None
    left = left_by(decision)
    if command.keep or not left:
        return Done(
            f"already rolled back to {target} by {decision.actor}: {decision.reason}{_further(view)}",
            already=True,
        )
    rejections = rejected(command, view, target, left)
    event = msgspec.structs.replace(
        decision,
        operation=command.operation,
        at=view.now,
        actor=command.actor,
        reason=command.reason,
        verdict=Verdict.REJECTS,
        left=(),
    )
    opening = msgspec.structs.replace(journal, rejections=rejections)
    refuse_own_rejection(target, opening)
    return Write(msgspec.structs.replace(opening.with_event(event), decision=event))


def _further(view: View) -> str:
    """How to go on from there, for whom that was not enough."""
    assert view.endpoint is not None
    fallback = history.fallback(view.journal, view.endpoint)
    return (
        f". From there the fallback is {fallback}: --to {fallback}"
        if fallback in view.endpoint.variants
        else ""
    )


def _open(
    command: Rollback, view: View, endpoint: Endpoint, target: Version, standing: Version | None
) -> Journal:
    """The journal with this rollback under way, and what it supersedes settled or closed."""
    before = same_rollback(view.journal, target, standing)
    left = left_by(before) if before else frozenset[Version]()
    rejections = rejected(command, view, target, left)
    decided = msgspec.structs.replace(
        view, journal=msgspec.structs.replace(view.journal, rejections=rejections)
    )
    journal = superseded(decided, f"superseded by {command.actor}", applied=True)
    intent = Intent(
        operation=command.operation,
        kind=IntentKind.ROLLBACK,
        actor=command.actor,
        reason=command.reason,
        since=view.now,
        source=dict(before.source if left and isinstance(before, Event) else journal.weights),
        target=weights.all_to(target, endpoint.variants),
        deadline=lease(view),
        fence=journal.fence,
        verdict=_verdict(command, view, before, target),
        left=tuple(sorted({*_holders(view), *left} - {target})) if command.keep else (),
    )
    return opened(journal, intent, view.now)


def _verdict(command: Rollback, view: View, before: Event | Intent | None, target: Version) -> Verdict:
    """One that takes traffic from nothing gives, and goes nowhere back: a plain rollback after it still finds the fallback.

    It is recorded all the same, so that an `up` beside it does not move on over it. One that confirms another, or finishes it in
    its dead owner's stead, goes back as that one did: a plain one after it goes no further back.
    """
    if before is not None:
        return (before.verdict or Verdict.REJECTS) if command.keep else Verdict.REJECTS
    return command.verdict if _holders(view) - {target} else Verdict.GIVES
