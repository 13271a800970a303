"""Adopt: weights that someone else set are recorded as decided. It moves no traffic and lifts no rejection."""

import msgspec

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.action import Action, Ask, Done, Question, View, Wait, Write
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.intent import overruled, refuse_broken, superseded
from modeldelivery.release.core.journal import Event, EventKind, Intent, IntentKind, Journal
from modeldelivery.release.core.resolve import rejected_sentence
from modeldelivery.release.errors import RefusedError


class Adopt(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator asks for.

    Attributes:
        operation: id of this run.
        actor: who.
        reason: why, for whoever reads it later.
    """

    operation: str
    actor: str
    reason: str


def decide(command: Adopt, view: View) -> Action:
    """The next act of an adopt.

    A pending intent is left to whoever finishes it. Not so when a move without the journal came after it: everyone else
    then waits for this, so it is closed as not moved, once its own call can no longer come.

    Raises:
        RefusedError: nothing to adopt from, a move is pending, or the endpoint is changing.
        BrokenError: the endpoint takes no change.
    """
    journal, endpoint, intent = view.journal, view.endpoint, view.journal.intent
    if endpoint is None:
        raise RefusedError(
            "there is no endpoint, so there are no weights to adopt", hint="`pulumi up` makes one"
        )
    if any(event.operation == command.operation for event in journal.history):
        _refuse_moved_since(command, journal, endpoint)
        warnings = (
            *_begun(command, journal),
            *_rejected_serving(journal),
            *_way_back(journal, endpoint),
        )
        return Done(f"recorded as decided: {weights.shown(journal.weights)}", warnings=warnings)
    refuse_broken(endpoint)
    if Question.MARK not in view.answers:
        return Ask(Question.MARK)
    if endpoint.busy:
        raise RefusedError(
            f"the endpoint is {endpoint.word}", hint="wait until it is ready, then adopt what it then does"
        )
    if intent and not view.mark:
        raise RefusedError(
            f"a move by {intent.actor} is under way ({intent.kind}: {intent.reason}), which the next `modelctl rollback` "
            f"or `pulumi up` finishes: adopt is for what neither explains"
        )
    if view.described <= journal.fence:
        return Wait("another operation may still act", journal.fence)
    if not weights.traffic(endpoint.current):
        raise RefusedError(
            "no version on the endpoint gets traffic, so there is nothing to adopt",
            hint="`modelctl rollback --to …`",
        )
    if intent is None and history.explained(journal, endpoint):
        return Done(f"nothing to adopt: {weights.shown(journal.weights)}, as recorded", already=True)
    return Write(_adopted(command, view, endpoint, intent))


def _refuse_moved_since(command: Adopt, journal: Journal, endpoint: Endpoint) -> None:
    """Raises RefusedError where its record stands and no longer is what serves: someone moved traffic after it looked."""
    stands = journal.decision is not None and journal.decision.operation == command.operation
    if stands and journal.intent is None and not weights.same(endpoint.current, journal.weights):
        raise RefusedError(
            f"recorded as decided: {weights.shown(journal.weights)}, and someone else has moved traffic since: now "
            f"{weights.shown(weights.shares(endpoint.current))}",
            hint="`modelctl adopt --reason …` again records that",
        )


def _adopted(command: Adopt, view: View, endpoint: Endpoint, intent: Intent | None) -> Journal:
    journal = view.journal
    if intent:
        why = f"overtaken by a move without the journal: {view.mark}"
        moves = intent.kind is not IntentKind.FLEET  # which of the two moved traffic is not to be seen
        journal = overruled(journal, view.now, why) if moves else superseded(view, why)
    shares = weights.shares(endpoint.current)
    event = Event(
        operation=command.operation,
        kind=EventKind.ADOPT,
        at=view.now,
        actor=command.actor,
        reason=_reason(command, view.mark),
        source=journal.weights,
        target=shares,
    )
    recorded = history.with_served(journal, shares, view.now).with_event(event)
    return msgspec.structs.replace(
        recorded, incarnation=history.life(journal, endpoint), weights=shares, decision=event
    )


def _reason(command: Adopt, mark: str | None) -> str:
    """Why, and who moved traffic without the journal: the mark says it, and is taken away after this."""
    return f"{command.reason} (moved without the journal: {mark})" if mark else command.reason


def _way_back(journal: Journal, endpoint: Endpoint) -> tuple[str, ...]:
    """Where a plain rollback goes from here: what was moved away from is not rejected by that."""
    fallback = history.fallback(journal, endpoint)
    if fallback not in endpoint.variants:
        return ()
    return (f"adopt rejects nothing: from here a plain `modelctl rollback` goes to {fallback}",)


def _begun(command: Adopt, journal: Journal) -> tuple[str, ...]:
    """What is not there when the journal begins with this: where one was lost, `adopt` is how a new one begins."""
    if journal.history[0].operation != command.operation or journal.live is not None:
        return ()
    return ("the journal begins here: rejections, and who decided what, of the time before are not in it",)


def _rejected_serving(journal: Journal) -> tuple[str, ...]:
    """What adopt does not change: a rejected version that has traffic loses it at the next `up` (rule 4)."""
    serving = ((v, journal.rejection(v)) for v in sorted(weights.traffic(journal.weights)))
    return tuple(
        f"{rejected_sentence(v, rejection)}; the next `pulumi up` takes its traffic away, unless "
        f"`modelctl accept {v} --reason …`"
        for v, rejection in serving
        if rejection
    )
