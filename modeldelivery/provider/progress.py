"""Waiting and progress inside the engine: seen beside the resource, and ended at once by the user's interrupt."""

import threading
import time

from modeldelivery.plugin.protocol import Log
from modeldelivery.release.errors import GaveUpError


class EngineClock:
    """Elapsed time; a pause ends at once when the user interrupts."""

    def __init__(self, cancelled: threading.Event) -> None:
        self._cancelled = cancelled

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise GaveUpError(
                "interrupted. What was begun is recorded", hint="run `pulumi up` again and it goes on"
            )


class EngineProgress:
    """Progress beside the resource, as the engine shows it."""

    def __init__(self, log: Log, urn: str) -> None:
        self._log, self._urn = log, urn

    def note(self, sentence: str) -> None:
        self._log.info(sentence, self._urn)

    def waiting(self, why: str, seconds: float) -> None:
        self._log.status(f"{why} ({seconds:.0f} s)", self._urn)

    def warning(self, sentence: str) -> None:
        self._log.warning(sentence, self._urn)
