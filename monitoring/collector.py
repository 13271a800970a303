"""What a scrape is answered with: each environment read at most once a minute, by whichever scrape comes first."""

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.naming import Place
from modeldelivery.release.operations import status
from modeldelivery.release.operations.status import Found
from modeldelivery.release.version import Version
from monitoring import release, series
from monitoring.series import Sample

FRESH = 60.0  # seconds for which what was read answers scrapes: CloudWatch has no finer figures, and a call of it costs money

Versions = Mapping[Version, float | None]  # on the endpoint, with when each last began to have traffic
# Of these versions, at a time in seconds since the epoch; raises DeliveryError.
Measure = Callable[[Versions, float], Iterable[Sample]]


@dataclass(frozen=True)
class Source:
    """One environment, and how it is read.

    Attributes:
        place: the environment.
        standing: reads journal, endpoint and scaling; what did not answer is in what it returns.
        measures: what else is read, by the name that `delivery_up` has for it.
        complain: is told why something could not be read, each time.
    """

    place: Place
    standing: Callable[[], Found]
    measures: Mapping[str, Measure]
    complain: Callable[[str], None]

    def read(self, now: float) -> list[Sample]:
        """Everything, now. `now`: seconds since the epoch."""
        try:
            reading = self.standing()
            samples = list(release.samples(reading, status.assess(self.place, reading)))
        except Exception as error:  # noqa: BLE001 - as in _measured
            self._complain("journal and endpoint", error)
            return [Sample(series.UP, (name,), 0) for name in ("journal", "endpoint", *self.measures)]
        for problem in reading.problems:
            self.complain(f"{self.place.environment}: {problem}")
        since = {each.version: each.since for each in reading.stored.journal.served} if reading.stored else {}
        versions = {v: since.get(v) for v in reading.endpoint.variants} if reading.endpoint else {}
        for name, measure in self.measures.items():
            samples += self._measured(name, measure, versions, now)
        return samples

    def _measured(self, name: str, measure: Measure, versions: Versions, now: float) -> list[Sample]:
        """One that cannot be read takes the others not along, nor does one whose answer nobody had thought of."""
        try:
            return [*measure(versions, now), Sample(series.UP, (name,), 1)]
        except Exception as error:  # noqa: BLE001 - else a scrape had no answer, and no alert but ExporterDown were left
            self._complain(name, error)
            return [Sample(series.UP, (name,), 0)]

    def _complain(self, name: str, error: Exception) -> None:
        """In its own words, or, of a fault of the program's, with where it is."""
        if isinstance(error, DeliveryError):
            self.complain(f"{self.place.environment}: {error}")
        else:
            trace = "".join(traceback.format_exception(error)).rstrip()
            self.complain(f"{self.place.environment}: {name}: {trace}")


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
