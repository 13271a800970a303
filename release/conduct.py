"""Carries out an operation: read, decide, act, until it is done. All judgement is in `release.core`; all I/O is in the ports."""

from collections.abc import Callable

import msgspec

from release.core.action import UNREAD, Action, ChangeFleet, Done, Move, ReadTag, Scale, View, Wait, Write
from release.core.intent import may_send
from release.ports import BusyError, Clock, ConflictError, Hosting, JournalStore, LostError, Progress

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0


class GaveUpError(Exception):
    """The time allowed ran out. What was decided is recorded; the operation can be run again and goes on."""


class Conductor(msgspec.Struct, kw_only=True):
    """One operation's hands.

    Attributes:
        store: the journal.
        hosting: the endpoint.
        clock: elapsed time.
        progress: who is told.
        patience: seconds of waiting in all after which it gives up.
    """

    store: JournalStore
    hosting: Hosting
    clock: Clock
    progress: Progress
    patience: float

    def run(self, decide: Callable[[View], Action]) -> Done:
        """Run to the end.

        Args:
            decide: the operation; asked again with what was read whenever anything may have changed.

        Raises:
            GaveUpError: patience ran out.
            RefusedError, EndpointBrokenError: from `decide`.
        """
        started = self.clock.monotonic()
        pause, began, first = FIRST_PAUSE, None, True
        taken: dict[object, int] = {}
        while True:
            stored, read_at = self.store.read(), self.clock.monotonic()
            if first:
                began, first = stored.journal.decision.operation if stored.journal.decision else None, False
            view = View(
                journal=stored.journal,
                endpoint=self.hosting.describe(),
                now=stored.now,
                described=stored.now,
                unrecorded=UNREAD,
                began=began,
            )
            while True:
                now = stored.now + self.clock.monotonic() - read_at
                aim = view.journal.intent.aim if view.journal.intent else None
                view = msgspec.structs.replace(view, now=now, taken=taken.get(aim, 0))
                action = decide(view)
                match action:
                    case Done():
                        return action
                    case ReadTag():
                        view = msgspec.structs.replace(view, unrecorded=self.hosting.unrecorded())
                        continue
                    case Write(journal):
                        try:
                            stored = self.store.write(journal, stored.etag)
                        except (ConflictError, LostError):
                            break
                        read_at = self.clock.monotonic()
                        view = msgspec.structs.replace(view, journal=stored.journal)
                        continue
                    case Wait():
                        waited = self.clock.monotonic() - started
                        if waited > self.patience:
                            raise GaveUpError(f"gave up after {waited:.0f} s: {action.why}")
                        self.progress.waiting(action.why, waited)
                        self.clock.sleep(pause)
                        pause = min(pause * 1.5, LONGEST_PAUSE)
                    case Move() | Scale() | ChangeFleet():
                        taken[aim] = taken.get(aim, 0) + self._send(action, now)
                        pause = FIRST_PAUSE
                break

    def _send(self, action: Move | Scale | ChangeFleet, now: float) -> int:
        """One call, if it still may be sent; 1 when SageMaker took it."""
        if not may_send(action.deadline, now):
            return 0
        try:
            match action:
                case Move():
                    self.progress.note(f"moving traffic to {_shown(action)}")
                    self.hosting.move(action.weights)
                case Scale():
                    self.progress.note(f"scaling {action.version} to {action.instances} instances")
                    self.hosting.scale(action.version, action.instances)
                case ChangeFleet():
                    self.progress.note(f"changing the fleet to {', '.join(action.fleet)}")
                    self.hosting.change_fleet(action.config, action.fleet, action.weights)
        except (BusyError, LostError) as error:
            self.progress.note(f"not taken: {error}")
            return 0
        return 1


def _shown(move: Move) -> str:
    return ", ".join(f"{version} {weight} %" for version, weight in move.weights.items())
