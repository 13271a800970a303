"""Resize: one version's instances brought to the number that config asks for, by a call of their own. It moves no traffic.

Such a call lists the weights in force, so one that comes late takes traffic back. It has an intent like every other call: a
rollback that comes meanwhile outwaits it, and its receipt is in history.
"""

import msgspec

from modeldelivery.release.core import unrecorded, weights
from modeldelivery.release.core.action import Action, Ask, Done, Question, Scale, View, Wait, Write
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.intent import (
    certain,
    closed,
    finished,
    opened_in_place,
    refuse_broken,
    renewed,
)
from modeldelivery.release.core.journal import Intent
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.version import Version


class Resize(msgspec.Struct, frozen=True, kw_only=True):
    """What config asks for.

    Attributes:
        operation: id of this run.
        actor: who.
        version: whose instances.
        instances: how many.
    """

    operation: str
    actor: str
    version: Version
    instances: int


def decide(command: Resize, view: View) -> Action:
    """The next act of a resize, on a platform without compare-and-swap.

    Raises:
        RefusedError: somebody else decided meanwhile, or the platform does not do it; with why.
        BrokenError: the endpoint takes no change.
    """
    journal, endpoint = view.journal, view.endpoint
    if endpoint is None or command.version not in endpoint.variants:
        return Done(f"{command.version} is not on the endpoint any more")
    there = endpoint.variants[command.version].instances_desired == command.instances
    own = [event for event in journal.history if event.operation == command.operation]
    if own and not there:
        raise RefusedError(_why_not(command, view) or own[-1].reason)
    if own:
        return Done(f"{command.version} goes to {command.instances} instances")
    refuse_broken(endpoint)
    if endpoint.busy:
        return Wait("endpoint is changing")
    if journal.intent and journal.intent.operation == command.operation:
        return _carry_on(command, view, endpoint, journal.intent, there=there)
    if there:
        return Done(f"{command.version} goes to {command.instances} instances already")
    if journal.intent:
        other = journal.intent
        raise RefusedError(f"{other.actor} is at work ({other.kind}: {other.reason}), and that comes first")
    if view.described <= journal.fence:
        return Wait("another operation may still act", journal.fence)
    reason = f"{command.version} goes to {command.instances} instances"
    stands = weights.shares(endpoint.current)
    return Write(opened_in_place(view, command.operation, command.actor, reason, stands))


def _carry_on(command: Resize, view: View, endpoint: Endpoint, intent: Intent, *, there: bool) -> Action:
    """Go on with its own intent, unless traffic was moved without the journal since."""
    if there:
        settled = certain(view, intent)
        return Write(finished(view)) if settled else Wait("an earlier call may still arrive", intent.fence)
    request = view.scaled.get(command.version)
    if request and request.accepted and view.now - request.since <= view.timing.lag:
        return Wait("the endpoint does not show the accepted call yet")
    why = _why_not(command, view)
    if why:
        return Write(closed(view.journal, view.now, why))
    if not view.timing.may_send(intent.deadline, view.now):
        return Write(renewed(view))
    if Question.MARK not in view.answers:
        return Ask(Question.MARK)
    unrecorded.refuse(view.mark)
    return Scale(command.version, command.instances, intent.deadline, endpoint.current, "as config asks")


def _why_not(command: Resize, view: View) -> str:
    """Why the platform does not do it; empty while it may."""
    request = view.scaled.get(command.version)
    if request is None or not request.ended:
        return ""
    if not request.accepted:
        return request.ended
    return (view.endpoint.failure if view.endpoint else None) or "the platform undid it"
