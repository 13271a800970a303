"""Reject: a digest set that has no traffic must get none until it is accepted. It moves none; taking traffic away is a rollback's."""

from collections.abc import Mapping

import msgspec

from modeldelivery.release.core import history, lost, unrecorded, weights
from modeldelivery.release.core.action import Action, Ask, Done, Question, View, Wait, Write
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Event, EventKind, Journal, Rejection
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.version import Version


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator asks for.

    Attributes:
        operation: id of this run.
        actor: who.
        reason: why, for whoever reads it later.
        version: whose bits are rejected.
        digest: id of its digest set, also if it never was in the fleet.
    """

    operation: str
    actor: str
    reason: str
    version: Version
    digest: str


def decide(command: Reject, view: View) -> Action:
    """The next act of a reject.

    An earlier call that may still arrive could give the version traffic, so it is waited out, and the endpoint described after it.

    Raises:
        RefusedError: the version has traffic, is to get some, or is where a rollback goes; with what to type.
        DamagedError: the journal is gone.
    """
    journal = view.journal
    rejection = journal.rejection_of(command.version, command.digest)
    if any(event.operation == command.operation for event in journal.history):
        if rejection is None:
            raise RefusedError(f"{command.version} was rejected, and somebody has accepted it since")
        return Done(
            f"{command.version} is rejected: it gets no traffic until `modelctl accept`; none was moved"
        )
    if lost.must_ask(view):
        return Ask(Question.OWNER)
    lost.refuse(journal, view.answers.get(Question.OWNER))
    _refuse_traffic(command, view)
    _refuse_fallback(command, journal, view.endpoint)
    if rejection:
        return Done(
            f"{command.version} is already rejected by {rejection.actor}: {rejection.reason}", already=True
        )
    if view.endpoint is not None and Question.MARK not in view.answers:
        return Ask(Question.MARK)
    unrecorded.refuse(view.mark)
    if view.described <= journal.fence:
        return Wait("another operation may still act", journal.fence)
    return Write(_rejected(command, view))


def _rejected(command: Reject, view: View) -> Journal:
    journal = view.journal
    rejection = Rejection(
        version=command.version,
        digest=command.digest,
        at=view.now,
        actor=command.actor,
        reason=command.reason,
    )
    event = Event(
        operation=command.operation,
        kind=EventKind.REJECT,
        at=view.now,
        actor=command.actor,
        reason=f"{command.version}: {command.reason}",
        source=journal.weights,
        target=journal.weights,
    )
    rejected = msgspec.structs.replace(journal, rejections=(*journal.rejections, rejection))
    return rejected.with_event(event)


def _refuse_traffic(command: Reject, view: View) -> None:
    """Raises RefusedError where the bits have traffic, under whichever name: on the endpoint, in the journal, in a move under way."""
    for version, place in _holders(view):
        if _same(command, view.journal, version):
            alias = "" if version == command.version else f" as {version}"
            raise RefusedError(
                f"{command.version} has traffic{alias} ({place}), and reject moves none",
                hint="`modelctl rollback --reason …` takes it away and rejects it",
            )


def _holders(view: View) -> list[tuple[Version, str]]:
    """Versions that have traffic or are to get some, each with where that is known from."""
    journal, endpoint, intent = view.journal, view.endpoint, view.journal.intent
    holders = _at(journal.weights, "by the journal")
    if endpoint:
        holders += _at(endpoint.current, "on the endpoint") + _at(
            endpoint.desired, "requested of the endpoint"
        )
    if intent:
        place = f"in a move of {intent.actor} under way"
        holders += _at(intent.source, place) + _at(intent.target, place)
    return holders


def _at(shares: Mapping[Version, float], place: str) -> list[tuple[Version, str]]:
    return [(version, place) for version in sorted(weights.traffic(shares))]


def _refuse_fallback(command: Reject, journal: Journal, endpoint: Endpoint | None) -> None:
    """Raises RefusedError for the version on the endpoint to which a rollback would go: there must be one."""
    fallback = history.fallback(journal, endpoint) if endpoint else None
    if endpoint and fallback and fallback in endpoint.variants and _same(command, journal, fallback):
        raise RefusedError(
            f"{fallback} is the fallback: rejected, it would leave a rollback without the place where it goes",
            hint=f"let another version serve before (release.live), or take {fallback} out of release.fleet, `pulumi up`, and "
            f"reject it then",
        )


def _same(command: Reject, journal: Journal, version: Version) -> bool:
    return version == command.version or journal.digests.get(version) == command.digest
