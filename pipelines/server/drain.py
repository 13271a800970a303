"""When a server that was told to stop may stop: a function of what arrived and of the time handed in."""

from dataclasses import dataclass

QUIET_SECONDS = (
    0.5  # without a new request, before the port closes: routers see /ping fail and turn away first
)


@dataclass
class Drain:
    """Counts requests under way and decides when none can be lost any more.

    Closing the port at SIGTERM, as uvicorn does, refuses requests that a router has already sent this way. So the port
    stays open, `/ping` says 503, and the server leaves when nothing is under way and nothing new came for a while.

    Attributes:
        seconds: from the signal to leaving whatever is still under way.
    """

    seconds: float
    in_flight: int = 0
    since: float | None = None  # when the signal came, monotonic seconds
    _last_arrival: float = float("-inf")

    @property
    def draining(self) -> bool:
        return self.since is not None

    def begin(self, now: float) -> None:
        if self.since is None:
            self.since = now

    def arrive(self, now: float) -> None:
        self.in_flight += 1
        self._last_arrival = now

    def leave(self) -> None:
        self.in_flight -= 1

    def finished(self, now: float) -> bool:
        if self.since is None:
            return False
        quiet = now - max(self.since, self._last_arrival) >= QUIET_SECONDS
        return (self.in_flight == 0 and quiet) or now - self.since >= self.seconds
