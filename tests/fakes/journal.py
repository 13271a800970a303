"""A JournalStore in memory, with a clock of its own."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from modeldelivery.release.core.journal import Journal
from modeldelivery.release.errors import ConflictError, LostError
from modeldelivery.release.ports import Stored
from tests.fakes.time import FakeTime

START = 1_700_000_000.0  # seconds since the epoch


@dataclass
class FakeJournal:
    """The journal's object; there is none while `version` is 0.

    Attributes:
        faults: what happens to the next writes: "conflict", "lost" (stored all the same), "unsent", or a function that runs
            first, and may raise or write as someone else.
        silent: so many reads get no answer.
        unreachable: what every read raises.
        started: the store's clock when time begins.
    """

    time: FakeTime
    journal: Journal = field(default_factory=Journal)
    version: int = 0
    faults: deque[str | Callable[[], object]] = field(default_factory=deque)
    written: list[Journal] = field(default_factory=list)
    silent: int = 0
    unreachable: Exception | None = None
    started: float = START

    def read(self) -> Stored:
        if self.unreachable:
            raise self.unreachable
        if self.silent:
            self.silent -= 1
            raise LostError("GetObject")
        return self._stored()

    def write(self, journal: Journal, etag: str | None) -> Stored:
        fault = self.faults.popleft() if self.faults else ""
        if callable(fault):
            fault()
        if fault == "conflict":
            self.version += 1  # someone else wrote the same again
        if fault == "unsent":
            raise LostError("PutObject")
        if etag != self._stored().etag:
            raise ConflictError("PutObject")
        self.journal, self.version = journal, self.version + 1
        self.written.append(journal)
        if fault == "lost":
            raise LostError("PutObject")
        return self._stored()

    def _stored(self) -> Stored:
        etag = str(self.version) if self.version else None
        return Stored(journal=self.journal, etag=etag, now=self.started + self.time.seconds)
