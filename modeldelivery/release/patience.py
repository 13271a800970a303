"""Pauses between one look at the world and the next, and an end to them."""

from modeldelivery.release.errors import GaveUpError
from modeldelivery.release.ports import Clock, Progress

SHORTEST_PAUSE = 0.01
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0


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

    def pause(self, why: str, at_most: float | None = None) -> None:
        """At most so many seconds, where it is known when something will happen. Raises GaveUpError when the time is over."""
        waited = self.elapsed
        if waited > self._limit:
            raise GaveUpError(f"gave up after {waited:.0f} s: {why}")
        self._progress.waiting(why, waited)
        self._clock.sleep(self._pause if at_most is None else min(self._pause, max(at_most, SHORTEST_PAUSE)))
        self._pause = min(self._pause * 1.5, LONGEST_PAUSE)
