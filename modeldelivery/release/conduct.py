"""Carries out an operation: read, decide, act, until it is done. All judgement is in `release.core`; all I/O is in the ports."""

from collections.abc import Callable

import msgspec

from modeldelivery.release.core.action import (
    Action,
    ChangeFleet,
    Done,
    Move,
    ReadTag,
    Scale,
    View,
    Wait,
    Write,
)
from modeldelivery.release.core.intent import may_send
from modeldelivery.release.ports import (
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


class Patience:
    """Pauses that grow while nothing happens, and an end to them: `limit` seconds after it was made."""

    def __init__(self, clock: Clock, progress: Progress, limit: float) -> None:
        self._clock, self._progress, self._limit = clock, progress, limit
        self._started = clock.monotonic()
        self._pause = FIRST_PAUSE

    @property
    def elapsed(self) -> float:
        """Seconds since it was made."""
        return self._clock.monotonic() - self._started

    def hurry(self) -> None:
        """Something happened: look again soon."""
        self._pause = FIRST_PAUSE

    def pause(self, why: str) -> None:
        """Raises GaveUpError when the time allowed is over."""
        waited = self.elapsed
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
        return _Run(self, decide).to_the_end()


class _Run:
    """What an operation remembers from one look at the world to the next."""

    def __init__(self, hands: Conductor, decide: Callable[[View], Action]) -> None:
        self._hands = hands
        self._decide = decide
        self._waiting = Patience(hands.clock, hands.progress, hands.patience)
        self._stored: Stored | None = None
        self._asked_at = 0.0
        self._began: str | None = None
        self._taken: dict[object, int] = {}
        self._answered = True
        self._prepared: ChangeFleet | None = None

    def to_the_end(self) -> Done:
        while True:
            done = self._act_on(self._look())
            if done:
                return done

    def _look(self) -> View:
        """Journal, then endpoint; a silent AWS is asked again a few times."""
        for _ in range(READ_TRIES):
            try:
                asked_at = self._hands.clock.monotonic()
                stored = self._hands.store.read()
                self._keep(stored, asked_at, first=self._stored is None)
                endpoint = self._hands.hosting.describe()
                return View(
                    journal=stored.journal,
                    endpoint=endpoint,
                    now=stored.now,
                    described=stored.now,
                    began=self._began,
                )
            except (BusyError, LostError) as error:
                why = str(error)
                self._waiting.pause(f"no answer to {why}")
        raise UnreachableError(f"AWS does not answer: {why}")

    def _keep(self, stored: Stored, asked_at: float, *, first: bool = False) -> None:
        """Time counts from the request: S3 set its Date after that, so no pause since can make a deadline look later."""
        self._stored, self._asked_at = stored, asked_at
        if first:
            self._began = stored.journal.decision.operation if stored.journal.decision else None

    def _act_on(self, view: View) -> Done | None:
        """Act on one look at the world; None when it must be looked at again."""
        assert self._stored is not None
        while True:
            now = self._stored.now + self._hands.clock.monotonic() - self._asked_at
            aim = view.journal.intent.aim if view.journal.intent else None
            view = msgspec.structs.replace(
                view, now=now, taken=self._taken.get(aim, 0), answered=self._answered
            )
            action = self._decide(view)
            match action:
                case Done():
                    return action
                case Wait():
                    self._waiting.pause(action.why)
                    return None
                case ReadTag() | Write():
                    try:
                        view = self._learn(view, action)
                    except (BusyError, ConflictError, LostError) as error:
                        self._waiting.pause(f"no answer to {error}")
                        return None
                case ChangeFleet() if self._prepares(action):
                    return None
                case Move() | Scale() | ChangeFleet():
                    self._send(action, aim, now)
                    return None

    def _learn(self, view: View, action: ReadTag | Write) -> View:
        """Acts after which what was seen of the endpoint still stands. Raises BusyError, ConflictError, LostError."""
        assert self._stored is not None
        if isinstance(action, ReadTag):
            return msgspec.structs.replace(view, unrecorded=self._hands.hosting.unrecorded())
        asked_at = self._hands.clock.monotonic()
        self._keep(self._hands.store.write(action.journal, self._stored.etag), asked_at)
        return msgspec.structs.replace(view, journal=action.journal)

    def _prepares(self, action: ChangeFleet) -> bool:
        """Make what a change of the fleet needs, once. That takes many calls, so everything is looked at again after it."""
        if self._prepared and (self._prepared.config, self._prepared.weights) == (
            action.config,
            action.weights,
        ):
            return False
        try:
            self._hands.hosting.prepare_fleet(action.config, action.fleet, action.weights)
        except (BusyError, LostError) as error:
            self._waiting.pause(f"no answer to {error}")
        else:
            self._prepared = action
        return True

    def _send(self, action: Move | Scale | ChangeFleet, aim: object, now: float) -> None:
        """One call, if it still may be sent, and note what became of it."""
        if not may_send(action.deadline, now):
            return
        try:
            self._call(action)
        except BusyError as error:
            self._waiting.pause(str(error))
        except LostError as error:
            self._answered = False
            self._waiting.pause(f"no answer to {error}")
        else:
            self._taken[aim] = self._taken.get(aim, 0) + 1
            self._waiting.hurry()

    def _call(self, action: Move | Scale | ChangeFleet) -> None:
        hosting, progress = self._hands.hosting, self._hands.progress
        match action:
            case Move():
                progress.note(f"moving traffic to {_shown(action)}")
                hosting.move(action.weights)
            case Scale():
                progress.note(f"scaling {action.version} to {action.instances} instances")
                hosting.scale(action.version, action.instances)
            case ChangeFleet():
                progress.note(f"changing the fleet to {', '.join(action.fleet)}")
                hosting.change_fleet(action.config)


def _shown(move: Move) -> str:
    return ", ".join(f"{version} {weight} %" for version, weight in move.weights.items())
