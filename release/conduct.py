"""Carries out an operation: read, decide, act, until it is done. All judgement is in `release.core`; all I/O is in the ports."""

from collections.abc import Callable

import msgspec

from release.core.action import UNREAD, Action, ChangeFleet, Done, Move, ReadTag, Scale, View, Wait, Write
from release.core.endpoint import Endpoint
from release.core.intent import may_send
from release.ports import (
    BusyError,
    Clock,
    ConflictError,
    Hosting,
    JournalStore,
    LostError,
    Progress,
    Stored,
    UnreachableError,
)

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
READ_TRIES = 5


class GaveUpError(Exception):
    """The time allowed ran out. What was decided is recorded; the operation can be run again and goes on."""


class _Patience:
    """Pauses that grow while nothing happens, and an end to them."""

    def __init__(self, clock: Clock, progress: Progress, limit: float) -> None:
        self._clock, self._progress, self._limit = clock, progress, limit
        self._started = clock.monotonic()
        self._pause = FIRST_PAUSE

    def hurry(self) -> None:
        """Something happened: look again soon."""
        self._pause = FIRST_PAUSE

    def pause(self, why: str) -> None:
        """Raises GaveUpError when the time allowed is over."""
        waited = self._clock.monotonic() - self._started
        if waited > self._limit:
            raise GaveUpError(f"gave up after {waited:.0f} s: {why}")
        self._progress.waiting(why, waited)
        self._clock.sleep(self._pause)
        self._pause = min(self._pause * 1.5, LONGEST_PAUSE)


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
            UnreachableError: AWS does not answer, or does not let us in.
            RefusedError, EndpointBrokenError: from `decide`.
        """
        waiting = _Patience(self.clock, self.progress, self.patience)
        taken: dict[object, int] = {}
        began: str | None = None
        first = True
        while True:
            stored, read_at, endpoint = self._look(waiting)
            if first:
                began, first = stored.journal.decision.operation if stored.journal.decision else None, False
            view = View(
                journal=stored.journal,
                endpoint=endpoint,
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
                        waiting.pause(action.why)
                    case Move() | Scale() | ChangeFleet():
                        if self._send(action, now):
                            taken[aim] = taken.get(aim, 0) + 1
                            waiting.hurry()
                        else:
                            waiting.pause("looking whether SageMaker took the call")
                break

    def _look(self, waiting: _Patience) -> tuple[Stored, float, Endpoint | None]:
        """Journal, then endpoint, and when the journal was read; a silent AWS is asked again a few times."""
        for _ in range(READ_TRIES):
            try:
                stored, read_at = self.store.read(), self.clock.monotonic()
                return stored, read_at, self.hosting.describe()
            except LostError as error:
                why = str(error)
                waiting.pause(f"no answer to {why}")
        raise UnreachableError(f"AWS does not answer: {why}")

    def _send(self, action: Move | Scale | ChangeFleet, now: float) -> bool:
        """One call, if it still may be sent; whether SageMaker is known to have taken it."""
        if not may_send(action.deadline, now):
            return False
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
        except BusyError as error:
            self.progress.note(f"not taken: {error}")
            return False
        except LostError as error:
            self.progress.note(f"no answer to {error}")
            return False
        return True


def _shown(move: Move) -> str:
    return ", ".join(f"{version} {weight} %" for version, weight in move.weights.items())
