"""Accept: a rejected digest set may get traffic again. It moves none."""

import msgspec

from modeldelivery.release.core import lost
from modeldelivery.release.core.action import Action, Ask, Done, Question, View, Write
from modeldelivery.release.core.journal import Event, EventKind, Journal
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.version import Version


class Accept(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator asks for.

    Attributes:
        operation: id of this run.
        actor: who.
        reason: why, for whoever reads it later.
        version: one whose bits were rejected, under this name or another.
    """

    operation: str
    actor: str
    reason: str
    version: Version


def decide(command: Accept, view: View) -> Action:
    """The next act of an accept.

    Raises:
        RefusedError: when the version is not rejected.
        DamagedError: the journal is gone.
    """
    journal = view.journal
    if lost.must_ask(view):
        return Ask(Question.OWNER)
    lost.refuse(journal, view.answers.get(Question.OWNER))
    if any(event.operation == command.operation for event in journal.history):
        return Done(f"{command.version} is accepted: it may get traffic again; none was moved")
    if journal.rejection(command.version) is None:
        rejected = ", ".join(sorted({r.version for r in journal.rejections})) or "none"
        raise RefusedError(
            f"{command.version} is not rejected, so there is nothing to accept (rejected: {rejected})"
        )
    event = Event(
        operation=command.operation,
        kind=EventKind.ACCEPT,
        at=view.now,
        actor=command.actor,
        reason=f"{command.version}: {command.reason}",
        source=journal.weights,
        target=journal.weights,
    )
    return Write(_lifted(journal, command.version).with_event(event))


def _lifted(journal: Journal, version: Version) -> Journal:
    """Without the rejections of the version's bits, whatever name they were rejected under."""
    named = [r for r in journal.rejections if r.version == version]
    bits = {journal.digests.get(version), *(r.digest for r in named)} - {None}
    kept = tuple(r for r in journal.rejections if r not in named and r.digest not in bits)
    return msgspec.structs.replace(journal, rejections=kept)
