"""What a scrape is answered with: each environment read at most once a minute, by whichever scrape comes first.

Prometheus waits ten seconds for an answer unless it is told otherwise, and a call of AWS' that hangs is tried again for minutes. So whatever
has not answered in time is told as down, with what the others say.
"""

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from modeldelivery.release.errors import DeliveryError, UnreachableError
from modeldelivery.release.naming import Place
from modeldelivery.release.operations import status
from modeldelivery.release.operations.status import Found
from modeldelivery.release.version import Version
from monitoring import release, series
from monitoring.calls import Calls
from monitoring.series import Sample

FRESH = 60.0  # seconds for which what was read answers scrapes: CloudWatch has no finer figures, and a call of it costs money
PATIENCE = 8.0  # seconds that an environment has to answer
_LEAST = 1.0  # of them for what is read by the versions that journal and endpoint name
_STANDING = "journal and endpoint"

T = TypeVar("T")
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
        calls: that are under way.
    """

    place: Place
    standing: Callable[[], Found]
    measures: Mapping[str, Measure]
    complain: Callable[[str], None]
    calls: Calls = field(default_factory=Calls)

    def read(self, now: float, patience: float | None = None) -> list[Sample]:
        """Everything, now.

        Args:
            now: seconds since the epoch.
            patience: seconds after which what has not answered is down; None for none.
        """
        begun = time.monotonic()
        standing = self.calls.make({_STANDING: self._standing}, patience)[_STANDING]
        try:
            reading, samples = _answer(_STANDING, standing)
        except Exception as error:  # noqa: BLE001 - as in _measured
            self._complain(_STANDING, error)
            return [Sample(series.UP, (name,), 0) for name in ("journal", "endpoint", *self.measures)]
        for problem in reading.problems:
            self.complain(f"{self.place.environment}: {problem}")
        since = {each.version: each.since for each in reading.stored.journal.served} if reading.stored else {}
        versions = {v: since.get(v) for v in reading.endpoint.variants} if reading.endpoint else {}
        left = None if patience is None else max(_LEAST, begun + patience - time.monotonic())
        measured = self.calls.make(
            {name: partial(_taken, measure, versions, now) for name, measure in self.measures.items()}, left
        )
        for name, answer in measured.items():
            samples += self._measured(name, answer)
        return samples

    def _standing(self) -> tuple[Found, list[Sample]]:
        reading = self.standing()
        return reading, list(release.samples(reading, status.assess(self.place, reading)))

    def _measured(self, name: str, answer: Future[list[Sample]]) -> list[Sample]:
        """One that cannot be read takes the others not along, nor does one whose answer nobody had thought of."""
        try:
            return [*_answer(name, answer), Sample(series.UP, (name,), 1)]
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


def _taken(measure: Measure, versions: Versions, now: float) -> list[Sample]:
    return list(measure(versions, now))


def _answer(name: str, call: Future[T]) -> T:
    """Raises whatever the call did, and UnreachableError where it has not ended."""
    if not call.done():
        raise UnreachableError(f"{name}: no answer in time; it is not asked again until it has answered")
    return call.result()


class Exporter(Collector):
    """Answers scrapes by what was read within the last `fresh` seconds, else by what it reads now, `patience` seconds long at most."""

    def __init__(
        self,
        sources: Sequence[Source],
        fresh: float = FRESH,
        clock: Callable[[], float] = time.time,
        patience: float | None = PATIENCE,
    ) -> None:
        self._sources, self._fresh, self._clock, self._patience = sources, fresh, clock, patience
        self._calls = Calls()
        self._lock = threading.Lock()
        self._read_at: float | None = None
        self._families: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        """As prometheus_client calls it, in a thread of each scrape."""
        with self._lock:
            now = self._clock()
            if self._read_at is None or not 0 <= now - self._read_at < self._fresh:
                self._families = series.families(self._read(now))
                self._read_at = now
            return self._families

    def _read(self, now: float) -> Mapping[tuple[str, str], Iterable[Sample]]:
        """All environments at the same time, each of which has an end."""
        reads = {
            str(source.place.environment): partial(source.read, now, self._patience)
            for source in self._sources
        }
        read = self._calls.make(reads, None)
        return {
            (source.place.model, source.place.environment): read[str(source.place.environment)].result()
            for source in self._sources
        }

    def describe(self) -> Iterable[Metric]:
        """Nothing is read to register it."""
        return []
