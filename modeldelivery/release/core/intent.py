"""Intents: a change is written down before the call that makes it, and closed by what was then observed.

An intent's deadline is the last instant at which its call may be sent. The owner checks it before sending; whoever
takes over waits it out before believing what it sees. A target with compare-and-swap refuses an older call itself, once
a newer operation has left its id there (the seal): then nothing need be waited out.
"""

import msgspec

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.action import Action, ChangeFleet, Move, PutBack, View, Wait, Write
from modeldelivery.release.core.capacity import more_instances, unmet_requests
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Event, EventKind, Intent, IntentKind, Journal, Parked
from modeldelivery.release.errors import BrokenError
from modeldelivery.release.version import Version

# In the reason of a change that the platform took and undid.
ROLLED_BACK = "the platform rolled the change of the fleet back"


def opened(journal: Journal, intent: Intent, now: float) -> Journal:
    """The journal with `intent` under way; one that it supersedes is closed, and what its call may still do is kept."""
    if journal.intent and journal.intent.operation != intent.operation:
        journal = closed(journal, now, f"superseded by {intent.actor}")
    drops = {*intent.drops, *(journal.drops if now <= journal.drops_until else ())}
    until = max(intent.deadline, journal.drops_until) if intent.drops else journal.drops_until
    return msgspec.structs.replace(
        journal,
        intent=intent,
        fence=max(journal.fence, intent.deadline),
        drops=tuple(sorted(drops)),
        drops_until=until,
    )


def dropping_until(journal: Journal, version: Version, now: float) -> float | None:
    """Until when some fleet change may still take the version away; None when none can."""
    return journal.drops_until if version in journal.drops and now <= journal.drops_until else None


def lease(view: View) -> float:
    """A deadline for a call to be sent soon: never before any earlier one."""
    return max(view.now + view.timing.lease, view.journal.fence)


def renewed(view: View) -> Journal:
    """The same intent with time to send again. Its fence stays: what others may still send does not change by waiting."""
    assert view.journal.intent is not None
    again = msgspec.structs.replace(view.journal.intent, deadline=lease(view))
    return opened(view.journal, again, view.now)


def superseded(view: View, why: str, *, applied: bool = False) -> Journal:
    """The journal without another's intent: settled by what was observed of it, else closed. The one place for that.

    What an intent did is recorded before anything else is decided: else its own stack's move would look like someone else's.

    Args:
        view: what was read.
        why: it is closed, when it was not seen to be carried out.
        applied: then it is overruled, not only closed.
    """
    journal, intent = view.journal, view.journal.intent
    if intent is None:
        return journal
    if view.endpoint is not None and carried_out(intent, view.endpoint) and certain(view, intent):
        return settled(journal, view.endpoint, view.now)
    return overruled(journal, view.now, why) if applied else closed(journal, view.now, why)


def overruled(journal: Journal, now: float, why: str) -> Journal:
    """Closed by an operator's decision: config's `live` that it was to apply counts as applied.

    So the next `up` with the same config leaves the operator's decision alone.
    """
    assert journal.intent is not None
    return msgspec.structs.replace(closed(journal, now, why), live=journal.intent.live or journal.live)


def carried_out(intent: Intent, endpoint: Endpoint) -> bool:
    """Whether the endpoint is at rest and is what the intent was to make of it."""
    if endpoint.busy or endpoint.broken or (intent.config and endpoint.impaired):
        return False
    changed = intent.config is None or endpoint.config == intent.config
    counted = all(endpoint.has_instances(v, count) for v, count in intent.instances.items())
    return changed and counted and (intent.kind is IntentKind.FLEET or arrived(intent, endpoint))


def event_of(intent: Intent, now: float, kind: EventKind | None = None, reason: str = "") -> Event:
    """What history tells of an intent; its own kind and reason unless others are given.

    Words of a newer version's that stand for its kind and its verdict go with it.
    """
    words = {name: word for name, word in intent.others.items() if name in {"kind", "verdict"}}
    if kind:
        words.pop("kind", None)
    return Event(
        operation=intent.operation,
        kind=kind or EventKind(intent.kind),
        at=now,
        actor=intent.actor,
        reason=reason or intent.reason,
        source=intent.source,
        target=intent.target,
        verdict=intent.verdict,
        left=() if kind else intent.left,
        others=words,
    )


def settled(journal: Journal, endpoint: Endpoint, now: float) -> Journal:
    """The journal after the intent's outcome was observed."""
    intent = journal.intent
    assert intent is not None
    event = event_of(intent, now)
    fleet = intent.fleet or history.fleet_seen(journal, endpoint)
    done = msgspec.structs.replace(journal, intent=None, fleet=fleet)
    if moves_nothing(intent):
        return done.with_event(event)  # so it says nothing about traffic: others may have moved it meanwhile
    gone = history.withdrawn(journal, intent.target)
    if gone:
        reason = f"{', '.join(gone)}: {intent.reason}"
        done = done.with_event(event_of(intent, now, EventKind.WITHDRAWN, reason))
    return msgspec.structs.replace(
        history.with_served(done.with_event(event), intent.target, now),
        incarnation=history.life(journal, endpoint),
        weights={v: w for v, w in intent.target.items() if v in endpoint.variants},
        live=intent.live or journal.live,
        decision=event,
    )


def opened_in_place(view: View, operation: str, actor: str, reason: str, stands: weights.Weights) -> Journal:
    """The journal with an `up` under way that asks for the weights in force: it moves nothing."""
    shares = weights.checked(stands)
    intent = Intent(
        operation=operation,
        kind=IntentKind.UP,
        actor=actor,
        reason=reason,
        since=view.now,
        source=shares,
        target=shares,
        deadline=lease(view),
        fence=view.journal.fence,
    )
    return opened(view.journal, intent, view.now)


def moves_nothing(intent: Intent) -> bool:
    """A change of the fleet, and an `up` that asks for nothing but the weights in force: whatever was decided stands beside it."""
    if intent.kind is IntentKind.FLEET:
        return True
    stands = weights.same(intent.source, intent.target)
    return intent.kind is IntentKind.UP and intent.live is None and stands


def finished(view: View) -> Journal:
    """The journal after an operation observed its own intent's outcome, or that of a rollback that it finishes.

    When every call of the only one who acts on it has been answered, none of them is still on its way and the next
    operation need not wait for its deadline. A rollback's intent may be acted on by several.
    """
    journal, intent = view.journal, view.journal.intent
    assert intent is not None
    assert view.endpoint is not None
    done = settled(journal, view.endpoint, view.now)
    alone = view.answered and intent.kind is not IntentKind.ROLLBACK
    return msgspec.structs.replace(done, fence=intent.fence) if alone else done


def closed(journal: Journal, now: float, why: str) -> Journal:
    """The journal after an intent that was not carried out: what it decided about versions stands, its move does not."""
    intent = journal.intent
    assert intent is not None
    event = event_of(intent, now, EventKind.CLOSED, f"not moved: {why} ({intent.reason})")
    return msgspec.structs.replace(journal, intent=None).with_event(event)


def foreseen(journal: Journal, endpoint: Endpoint | None) -> Journal:
    """The journal as whoever looks before acting must read it: a pending rollback is finished by whoever comes next.

    Its weights are what will stand, so they are what a preview shows. Another intent that was carried out is settled; the
    rest are superseded and promise nothing, and explain nothing either once the endpoint is at rest: `up` drops them first.
    """
    intent = journal.intent
    if intent is None or endpoint is None:
        return journal
    if intent.kind is not IntentKind.ROLLBACK:
        if carried_out(intent, endpoint):
            return settled(journal, endpoint, intent.since)
        return journal if endpoint.busy else msgspec.structs.replace(journal, intent=None)
    if vanished(intent, endpoint):
        return journal
    return msgspec.structs.replace(
        journal, weights=dict(intent.target), decision=event_of(intent, intent.since)
    )


def arrived(intent: Intent, endpoint: Endpoint) -> bool:
    """Whether Current is what the intent asked for, and nothing else is still asked for.

    Desired alone proves nothing: SageMaker may give up on it (terraform-provider-aws#48997). Left behind by a move that
    failed, it would be retained by the next fleet change, so a Desired that differs is asked anew.
    """
    return weights.same(endpoint.current, intent.target) and weights.same(endpoint.desired, intent.target)


def _requested(intent: Intent, endpoint: Endpoint) -> bool:
    """Whether what is still settling is what the intent asks for, by its own call."""
    return endpoint.seal == intent.operation and weights.same(endpoint.desired, intent.target)


def certain(view: View, intent: Intent) -> bool:
    """Whether no earlier call can come after what was seen: the seal keeps it out, or its deadline had passed.

    One of this operation's own is among them: a request for instances that was not answered asks for the weights of its time.
    """
    assert view.endpoint is not None
    if view.endpoint.token:
        return view.endpoint.seal == intent.operation
    return view.described > max((intent.fence, *(scaling.until for scaling in view.scaled.values())))


def vanished(intent: Intent, endpoint: Endpoint) -> tuple[Version, ...]:
    """Versions that the intent gives traffic and that are no longer on the endpoint."""
    return tuple(v for v in weights.traffic(intent.target) if v not in endpoint.variants)


def pursue(view: View, *, scale: bool) -> Action:
    """Next act towards an intent that moves traffic, by its owner or by who finishes it.

    Args:
        view: its journal has the intent, and there is an endpoint.
        scale: bring the target up to the capacity that serves now before it gets traffic (argo-rollouts#4612).

    Raises:
        BrokenError: when the platform will not take weights any more.
    """
    journal, endpoint = view.journal, view.endpoint
    intent = journal.intent
    assert intent is not None
    assert endpoint is not None
    refuse_broken(endpoint)
    if endpoint.takes_none or (endpoint.busy and _requested(intent, endpoint)):
        return Wait("endpoint is changing")
    gone = vanished(intent, endpoint)
    if gone:
        return Write(closed(journal, view.now, f"{', '.join(gone)} is no longer on the endpoint"))
    there = arrived(intent, endpoint)
    if there and certain(view, intent):
        return Write(finished(view))
    if there and not endpoint.token:
        return Wait("an earlier call may still arrive", intent.fence)
    if view.lagging and not there:
        return Wait("the endpoint does not show the accepted call yet")
    if view.taken >= view.timing.tries:
        raise BrokenError(
            f"the endpoint took the weights {view.taken} times and took them back{_because(endpoint)}"
        )
    more = more_instances(view, intent, endpoint) if scale and not there else None
    if isinstance(more, Wait):
        return more
    if not _may_send(view, intent):
        return Write(renewed(view))
    if more:
        return more
    share = {v: intent.target.get(v, 0) for v in sorted(endpoint.variants)}
    unmet = unmet_requests(view, endpoint, scale=scale)
    return Move(share, intent.deadline, intent.operation, endpoint.token, unmet)


def send_fleet(view: View) -> Action:
    """Next act towards a fleet change whose configuration is not the endpoint's.

    An update that was taken and that is not there afterwards was rolled back, silently (terraform-provider-aws#48997). What
    serves now counts, not what served when the intent was written: someone may have moved traffic since.
    """
    intent = view.journal.intent
    assert intent is not None
    assert intent.config is not None
    if view.lagging:
        return Wait("the endpoint does not show the accepted call yet")
    over = _why_over(view, intent)
    if over:
        back = {} if view.put_back else present(view)
        kept = closed(view.journal, view.now, over)
        return PutBack(back) if back else Write(msgspec.structs.replace(kept, parked={}))
    if not _may_send(view, intent):
        return Write(renewed(view))
    noted = _noted(view, intent)
    if noted != view.journal:
        return Write(noted)
    token = view.endpoint.token if view.endpoint else ""
    return ChangeFleet(intent.config, intent.fleet, intent.target, intent.deadline, intent.operation, token)


def _noted(view: View, intent: Intent) -> Journal:
    """The journal with what the change that was prepared leaves to be done, for whoever comes if this run does not live to do it."""
    journal, left = view.journal, view.prepared
    if left is None:
        return journal
    resizes = {**journal.resizes, **left.resizes}
    return msgspec.structs.replace(
        journal,
        parked={**journal.parked, **left.parks},
        resizes={v: count for v, count in resizes.items() if v in intent.fleet},
    )


def _why_over(view: View, intent: Intent) -> str:
    """Why the change is not sent, or not sent again; empty while it may be."""
    if view.taken:
        because = (view.endpoint.failure if view.endpoint else None) or "it gave no reason"
        return f"{ROLLED_BACK}: {because}"
    serves = _dropped_serving(view, intent)
    return f"{', '.join(serves)} got traffic since, and would be dropped" if serves else ""


def _dropped_serving(view: View, intent: Intent) -> tuple[Version, ...]:
    """Versions that the change takes away and that have traffic, or are requested to have some."""
    if view.endpoint is None:
        return ()
    having = {**weights.traffic(view.endpoint.current), **weights.traffic(view.endpoint.desired)}
    return tuple(v for v in intent.drops if v in having)


def present(view: View) -> dict[Version, Parked]:
    """What the journal has as parked of versions that are still on the endpoint."""
    variants = view.endpoint.variants if view.endpoint else {}
    return {v: scaling for v, scaling in view.journal.parked.items() if v in variants}


def _may_send(view: View, intent: Intent) -> bool:
    """In time; and with a token, only after a write of the journal, which proves the token older than any newer decision."""
    token = view.endpoint.token if view.endpoint else ""
    return view.timing.may_send(intent.deadline, view.now) and (view.confirmed or not token)


def refuse_broken(endpoint: Endpoint) -> None:
    """Raises BrokenError for an endpoint that takes no change."""
    if endpoint.broken:
        raise BrokenError(
            f"the endpoint is {endpoint.word} and takes no change{_because(endpoint)}", hint=endpoint.remedy
        )


def _because(endpoint: Endpoint) -> str:
    return f" ({endpoint.failure})" if endpoint.failure else ""
