"""What a scrape is answered with: each environment read at most once a minute, by whichever scrape comes first."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.naming import Place
from modeldelivery.release.operations import status
from modeldelivery.release.operations.status import Found
from modeldelivery.release.version import Version
from monitoring import release, series
from monitoring.cloudwatch import MINUTE, Figure, Minutes
from monitoring.series import Sample
from monitoring.traffic import Traffic

LATE = 10 * MINUTE  # seconds for which CloudWatch's minutes may still grow
FRESH = 60.0  # seconds for which what was read answers scrapes: CloudWatch has no finer figures, and a call of it costs money

ReadFigures = Callable[[Iterable[Version], int, int], dict[tuple[Version, Figure], Minutes]]


@dataclass
class Source:
    """One environment, and how it is read.

    Attributes:
        place: the environment.
        standing: reads journal, endpoint and scaling; what did not answer is in what it returns.
        figures: reads CloudWatch's figures of versions, between two whole minutes in seconds; raises DeliveryError.
        complain: is told why a source could not be read, each time.
        traffic: counters so far.
    """

    place: Place
    standing: Callable[[], Found]
    figures: ReadFigures
    complain: Callable[[str], None]
    traffic: Traffic = field(default_factory=Traffic)

    def read(self, now: float) -> list[Sample]:
        """Everything, now. `now`: seconds since the epoch."""
        try:
            reading = self.standing()
        except DeliveryError as error:  # a journal that needs a newer program
            self.complain(f"{self.place.environment}: {error}")
            return [Sample(series.UP, (source,), 0) for source in ("journal", "endpoint", "cloudwatch")]
        for problem in reading.problems:
            self.complain(f"{self.place.environment}: {problem}")
        samples = list(release.samples(reading, status.assess(self.place, reading)))
        return samples + list(self._measured(reading, now))

    def _measured(self, reading: Found, now: float) -> Iterator[Sample]:
        until = int(now) // MINUTE * MINUTE + MINUTE
        since = until - LATE
        try:
            versions = reading.endpoint.variants if reading.endpoint else ()
            figures = self.figures(versions, since, until)
        except DeliveryError as error:
            self.complain(f"{self.place.environment}: {error}")
            yield Sample(series.UP, ("cloudwatch",), 0)
            return
        yield Sample(series.UP, ("cloudwatch",), 1)
        yield from self.traffic.samples(figures, since)


class Exporter(Collector):
    """Answers scrapes by what was read within the last `fresh` seconds, else by what it reads now."""

    def __init__(
        self, sources: Sequence[Source], fresh: float = FRESH, clock: Callable[[], float] = time.time
    ) -> None:
        self._sources, self._fresh, self._clock = sources, fresh, clock
        self._lock = threading.Lock()
        self._read_at: float | None = None
        self._families: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        """As prometheus_client calls it, in a thread of each scrape."""
        with self._lock:
            now = self._clock()
            if self._read_at is None or not 0 <= now - self._read_at < self._fresh:
                self._families = series.families(
                    {(s.place.model, s.place.environment): s.read(now) for s in self._sources}
                )
                self._read_at = now
            return self._families

    def describe(self) -> Iterable[Metric]:
        """Nothing is read to register it."""
        return []
