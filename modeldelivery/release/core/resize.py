"""Resize: one version's instances brought to the number that config asks for, by a call of their own. It moves no traffic.

A change of the fleet that does not bring the number leaves the version in the journal (`resizes`), so that whoever comes asks for
it when the one who changed the fleet did not live to. It is taken out once the number is there, and where whoever moved traffic to
it gave it more meanwhile: what serves is never brought down to less than it was given for that.

Such a call lists the weights in force, so one that comes late takes traffic back. It has an intent like every other call: a
rollback that comes meanwhile outwaits it, and its receipt is in history.
"""

import msgspec

from modeldelivery.release.core import lost, unrecorded, weights
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
from modeldelivery.release.core.journal import Intent, Journal
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.version import Version


class Resize(msgspec.Struct, frozen=True, kw_only=True):
    """What config asks for.

    Attributes:
        operation: id of this run.
        actor: who.
        version: whose instances.
        instances: how many; None for as many as whatever scales it by now has.
    """

    operation: str
    actor: str
    version: Version
    instances: int | None

    @property
    def outcome(self) -> str:
        """What comes of it, in words."""
        return f"{self.version} goes to {self.instances} instances"


def decide(command: Resize, view: View) -> Action:
    """The next act of a resize, on a platform without compare-and-swap.

    Raises:
        RefusedError: somebody else decided meanwhile, or the platform does not do it; with why.
        BrokenError: the endpoint takes no change.
        DamagedError: the journal is gone.
    """
    if lost.must_ask(view):
        return Ask(Question.OWNER)
    lost.refuse(view.journal, view.answers.get(Question.OWNER))
    return _decide(command, view)


def _decide(command: Resize, view: View) -> Action:
    """The same where the journal is not gone."""
    journal, endpoint = view.journal, view.endpoint
    if endpoint is None or command.version not in endpoint.variants:
        return _over(command, journal, f"{command.version} is not on the endpoint any more")
    if command.instances is None:
        return _over(command, journal, f"{command.version} is scaled by its load")
    now = endpoint.variants[command.version].instances_desired
    there = endpoint.has_instances(command.version, command.instances)
    own = [event for event in journal.history if event.operation == command.operation]
    if own and not there:
        raise RefusedError(_why_not(command, view) or own[-1].reason)
    if own:
        return _over(command, journal, command.outcome)
    refuse_broken(endpoint)
    if endpoint.busy:
        return Wait("endpoint is changing")
    if journal.intent and journal.intent.operation == command.operation:
        return _carry_on(command, view, endpoint, journal.intent, there=there)
    if there:
        return _over(command, journal, f"{command.outcome} already")
    if command.version not in journal.resizes:
        raise RefusedError("it was given more by whoever moved traffic to it since")
    if command.instances < now != journal.resizes[command.version]:
        return Write(_without(command, journal))
    if journal.intent:
        other = journal.intent
        raise RefusedError(f"{other.actor} is at work ({other.kind}: {other.reason}), and that comes first")
    if view.described <= journal.fence:
        return Wait("another operation may still act", journal.fence)
    return Write(_opened(command, view, endpoint))


def _opened(command: Resize, view: View, endpoint: Endpoint) -> Journal:
    stands = weights.shares(endpoint.current)
    journal = opened_in_place(view, command.operation, command.actor, command.outcome, stands)
    assert journal.intent is not None
    assert command.instances is not None
    intent = msgspec.structs.replace(journal.intent, instances={command.version: command.instances})
    return msgspec.structs.replace(journal, intent=intent)


def _over(command: Resize, journal: Journal, summary: str) -> Action:
    """Nothing is left to be asked for; the journal says so first."""
    return Done(summary) if command.version not in journal.resizes else Write(_without(command, journal))


def _without(command: Resize, journal: Journal) -> Journal:
    left = {version: had for version, had in journal.resizes.items() if version != command.version}
    return msgspec.structs.replace(journal, resizes=left)


def _carry_on(command: Resize, view: View, endpoint: Endpoint, intent: Intent, *, there: bool) -> Action:
    """Go on with its own intent, unless traffic was moved without the journal since."""
    if there:
        settled = certain(view, intent)
        return (
            Write(_without(command, finished(view)))
            if settled
            else Wait("an earlier call may still arrive", intent.fence)
        )
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
    if view.mark:
        return Write(closed(view.journal, view.now, unrecorded.sentence(view.mark)))
    assert command.instances is not None
    return Scale(command.version, command.instances, intent.deadline, endpoint.current, "as config asks")


def _why_not(command: Resize, view: View) -> str:
    """Why the platform does not do it; empty while it may."""
    request = view.scaled.get(command.version)
    if request is None or not request.ended:
        return ""
    if not request.accepted:
        return request.ended
    return (view.endpoint.failure if view.endpoint else None) or "the platform undid it"
