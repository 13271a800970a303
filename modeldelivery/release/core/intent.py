"""Intents: a change is written down before the call that makes it, and closed by what was then observed.

An intent's deadline is the last instant at which its call may be sent. The owner checks it before sending; whoever
takes over waits it out before believing what it sees.
"""

import msgspec

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.action import Action, ChangeFleet, Move, Scale, View, Wait, Write
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Event, Intent, Journal, Kind
from modeldelivery.release.version import Version

LEASE = 8.0  # seconds for which a new intent may send its call
CALL = 4.0  # seconds that one call may take, time-outs included; S3's clock shows whole seconds, so one more is kept
CLOCK_STEP = 1.0
TRIES = 3  # calls that SageMaker may take and undo before an operation gives up


class EndpointBrokenError(Exception):
    """SageMaker has given up on the endpoint, or keeps undoing what it was asked. Traffic was not moved."""


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


def lease(journal: Journal, now: float) -> float:
    """A deadline for a call to be sent soon: never before any earlier one."""
    return max(now + LEASE, journal.fence)


def renewed(journal: Journal, now: float) -> Journal:
    """The same intent with time to send again. Its fence stays: what others may still send does not change by waiting."""
    assert journal.intent is not None
    return opened(journal, msgspec.structs.replace(journal.intent, deadline=lease(journal, now)), now)


def may_send(deadline: float, now: float) -> bool:
    """Whether a call sent now has answered, or failed, before the deadline."""
    return now + CALL + CLOCK_STEP <= deadline


def event_of(intent: Intent, now: float) -> Event:
    return Event(
        operation=intent.operation,
        kind=intent.kind,
        at=now,
        actor=intent.actor,
        reason=intent.reason,
        source=intent.source,
        target=intent.target,
    )


def settled(journal: Journal, endpoint: Endpoint, now: float) -> Journal:
    """The journal after the intent's outcome was observed."""
    intent = journal.intent
    assert intent is not None
    event = event_of(intent, now)
    done = msgspec.structs.replace(journal, intent=None, fleet=intent.fleet or journal.fleet).with_event(
        event
    )
    if intent.kind is Kind.FLEET:
        return done  # it moves nothing, so it says nothing about traffic: others may have moved it meanwhile
    return msgspec.structs.replace(
        history.with_served(done, intent.target, now),
        incarnation=endpoint.incarnation,
        weights={v: w for v, w in intent.target.items() if v in endpoint.variants},
        live=intent.live or journal.live,
        decision=event,
    )


def finished(view: View) -> Journal:
    """The journal after an operation observed its own intent's outcome, or that of a rollback that it finishes.

    When every call of the only one who acts on it has been answered, none of them is still on its way and the next
    operation need not wait for its deadline. A rollback's intent may be acted on by several.
    """
    journal, intent = view.journal, view.journal.intent
    assert intent is not None
    assert view.endpoint is not None
    done = settled(journal, view.endpoint, view.now)
    alone = view.answered and intent.kind is not Kind.ROLLBACK
    return msgspec.structs.replace(done, fence=intent.fence) if alone else done


def closed(journal: Journal, now: float, why: str) -> Journal:
    """The journal after an intent that was not carried out: what it decided about versions stands, its move does not."""
    intent = journal.intent
    assert intent is not None
    event = msgspec.structs.replace(
        event_of(intent, now), kind=Kind.CLOSED, reason=f"not moved: {why} ({intent.reason})"
    )
    return msgspec.structs.replace(journal, intent=None).with_event(event)


def foreseen(journal: Journal, endpoint: Endpoint | None) -> Journal:
    """The journal as whoever looks before acting must read it: a pending rollback is finished by whoever comes next.

    Its weights are what will stand, so they are what a preview shows; other intents are superseded and promise nothing.
    """
    intent = journal.intent
    if intent is None or intent.kind is not Kind.ROLLBACK or endpoint is None or vanished(intent, endpoint):
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


def vanished(intent: Intent, endpoint: Endpoint) -> tuple[Version, ...]:
    """Versions that the intent gives traffic and that are no longer on the endpoint."""
    return tuple(v for v in weights.traffic(intent.target) if v not in endpoint.variants)


def pursue(view: View, *, scale: bool) -> Action:
    """Next act towards an intent that moves traffic, by its owner or by who finishes it.

    Args:
        view: its journal has the intent, and there is an endpoint.
        scale: bring the target up to the capacity that serves now before it gets traffic (argo-rollouts#4612).

    Raises:
        EndpointBrokenError: when SageMaker will not take weights any more.
    """
    journal, endpoint, now = view.journal, view.endpoint, view.now
    intent = journal.intent
    assert intent is not None
    assert endpoint is not None
    refuse_broken(endpoint)
    if endpoint.status.busy:
        return Wait("endpoint is changing")
    gone = vanished(intent, endpoint)
    if gone:
        return Write(closed(journal, now, f"{', '.join(gone)} is no longer on the endpoint"))
    if arrived(intent, endpoint):
        if view.described <= intent.fence:  # an earlier call may have come after what was seen
            return Wait("an earlier call may still arrive", intent.fence)
        return Write(finished(view))
    if view.taken >= TRIES:
        because = f": {endpoint.failure}" if endpoint.failure else ""
        raise EndpointBrokenError(
            f"SageMaker took the weights {view.taken} times and took them back{because}"
        )
    if not may_send(intent.deadline, now):
        return Write(renewed(journal, now))
    short = _short(intent, endpoint) if scale else None
    if short:
        version, instances = short
        return Scale(version, instances, intent.deadline)
    return Move({v: intent.target.get(v, 0) for v in sorted(endpoint.variants)}, intent.deadline)


def send_fleet(view: View) -> Action:
    """Next act towards a fleet change whose configuration is not the endpoint's.

    An update that SageMaker took and that is not there afterwards was rolled back, silently (terraform-provider-aws#48997).
    """
    journal, now, intent = view.journal, view.now, view.journal.intent
    assert intent is not None
    assert intent.config is not None
    if view.taken:
        because = (view.endpoint.failure if view.endpoint else None) or "it gave no reason"
        return Write(closed(journal, now, f"SageMaker rolled the change of the fleet back: {because}"))
    if not may_send(intent.deadline, now):
        return Write(renewed(journal, now))
    return ChangeFleet(intent.config, intent.fleet, intent.target, intent.deadline)


def refuse_broken(endpoint: Endpoint) -> None:
    """Raises EndpointBrokenError for the statuses from which SageMaker takes no change."""
    if endpoint.status.broken:
        because = f": {endpoint.failure}" if endpoint.failure else ""
        raise EndpointBrokenError(
            f"the endpoint is {endpoint.status} and SageMaker takes no change{because}. Delete it with "
            f"`aws sagemaker delete-endpoint`, then `pulumi up` makes it again with the last version that served"
        )


def _short(intent: Intent, endpoint: Endpoint) -> tuple[Version, int] | None:
    """A version that is to get all traffic with fewer instances than serve it now, and how many it needs."""
    target = weights.main_version(intent.target)
    if target is None:
        return None
    needed = sum(
        v.instances for version, v in endpoint.variants.items() if v.current > 0 and version != target
    )
    have = endpoint.variants[target].instances
    return (target, needed) if have < needed else None
