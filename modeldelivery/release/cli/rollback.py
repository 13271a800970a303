"""`modelctl rollback`: the last good version gets its traffic back."""

import argparse
from functools import partial

import msgspec

from modeldelivery.release.cli.desk import Desk
from modeldelivery.release.cli.exit import MEANING, Exit
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.conduct import GaveUpError
from modeldelivery.release.core import rollback
from modeldelivery.release.core.intent import EndpointBrokenError
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.resolve import RefusedError
from modeldelivery.release.operations import unrecorded
from modeldelivery.release.ports import BusyError, JournalStore, LostError, Stored, UnreachableError


class Witness(msgspec.Struct):
    """A JournalStore that knows whether an operation of ours is in the journal, as last seen."""

    store: JournalStore
    operation: str
    recorded: bool = False

    def read(self) -> Stored:
        stored = self.store.read()
        self._look(stored.journal)
        return stored

    def write(self, journal: Journal, etag: str | None) -> Stored:
        try:
            stored = self.store.write(journal, etag)
        except LostError:
            self.recorded = True  # it may be: say so rather than not, until it is read again
            raise
        self._look(stored.journal)
        return stored

    def _look(self, journal: Journal) -> None:
        pending = journal.intent is not None and journal.intent.operation == self.operation
        self.recorded = pending or any(event.operation == self.operation for event in journal.history)


def run(desk: Desk, options: argparse.Namespace) -> Outcome:
    """Raises RefusedError and everything else that happens before anything is recorded."""
    if options.without_journal:
        return _without_journal(desk, options)
    asked = rollback.Rollback(
        operation=desk.operation,
        actor=desk.actor,
        reason=options.reason,
        to=options.to,
        keep=options.keep,
        unscaled=options.now,
    )
    witness = Witness(desk.store, desk.operation)
    try:
        done = desk.conductor(witness).run(partial(rollback.decide, asked))
    except (RefusedError, EndpointBrokenError, GaveUpError, UnreachableError, BusyError, LostError) as error:
        if witness.recorded and desk.calls is None:
            return _not_moved(desk, str(error))
        raise
    except KeyboardInterrupt:
        if witness.recorded and desk.calls is None:
            return _not_moved(desk, "interrupted")
        raise
    return Outcome(
        outcome="already" if done.already else "done",
        exit=Exit.DONE,
        summary=done.summary,
        operation=None if done.already else desk.operation,
        warnings=done.warnings,
    )


def _not_moved(desk: Desk, why: str) -> Outcome:
    return Outcome(
        outcome="not moved",
        exit=Exit.NOT_MOVED,
        summary=f"{MEANING[Exit.NOT_MOVED]}. {why[:1].upper()}{why[1:]}",
        operation=desk.operation,
        next=(f"modelctl status --env {desk.place.environment} --model {desk.place.model}",),
    )


def _without_journal(desk: Desk, options: argparse.Namespace) -> Outcome:
    asked = unrecorded.Unrecorded(
        operation=desk.operation, actor=desk.actor, reason=options.reason, to=options.to
    )
    place = desk.place
    adopt = f"modelctl adopt --env {place.environment} --model {place.model} --reason …"
    try:
        unrecorded.move(asked, desk.hosting, desk.clock, desk.progress, desk.patience)
    except unrecorded.TaggedError as error:
        return Outcome(
            outcome="not moved",
            exit=Exit.NOT_MOVED,
            summary=f"the endpoint is tagged as moved without the journal, and traffic was NOT seen to move: {error}. "
            f"Run the same command again",
            operation=desk.operation,
            next=(adopt,),
        )
    return Outcome(
        outcome="unrecorded",
        exit=Exit.UNRECORDED,
        summary=f"all traffic goes to {options.to}. THE JOURNAL DOES NOT KNOW: nothing was rejected, and nothing else moves "
        f"traffic until it is adopted",
        operation=desk.operation,
        next=(adopt,),
    )
