"""What of an operation is in the journal, as far as its own reads and writes tell."""

import msgspec

from modeldelivery.release.core.journal import Journal
from modeldelivery.release.errors import LostError
from modeldelivery.release.ports import JournalStore, Stored


class RecordingStore(msgspec.Struct):
    """A JournalStore that knows whether an operation of ours is in the journal, as last seen."""

    store: JournalStore
    operation: str
    recorded: bool = False

    def read(self) -> Stored:
        stored = self.store.read()
        self._look(stored.journal)
        return stored

    def write(self, journal: Journal, etag: str | None) -> Stored:
        before = self.recorded
        self.recorded = True  # from here on it may be: an interrupt says so rather than not
        try:
            stored = self.store.write(journal, etag)
        except LostError:
            raise
        except Exception:
            self.recorded = before
            raise
        self._look(stored.journal)
        return stored

    def _look(self, journal: Journal) -> None:
        pending = journal.intent is not None and journal.intent.operation == self.operation
        drilling = journal.drill is not None and journal.drill.operation == self.operation
        told = any(event.operation == self.operation for event in journal.history)
        self.recorded = pending or drilling or told
