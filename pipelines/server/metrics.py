"""What the server tells Prometheus: the series of `metric_table`."""

import asyncio
import os
from array import array
from collections import Counter as Counts
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)

from pipelines.server import metric_table as table
from pipelines.server.histogram import BulkHistogram
from pipelines.server.observed import Observations
from pipelines.server.rows import Batch, Fault, Matrix
from pipelines.server.schema import Schema

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own variable, read when it is imported
BATCH = 1024  # answered invocations after which they are counted, where nobody has looked meanwhile
SOON = 0.1  # seconds after which a worker counts, whose numbers the others show
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each counter, of which workers tell none


class Metrics:
    """The metrics of one process, or, where `FOLDER` is set, of all workers together.

    An invocation is only noted, and many are counted together (`Observations` says why): by a process that alone knows its numbers
    when somebody looks, or after `BATCH`; by a worker, whose numbers the others show, at most `SOON` later.

    Args:
        later: calls a function after so many seconds; the running event loop's `call_later` where none is given.
    """

    def __init__(self, later: Callable[[float, Callable[[], None]], object] | None = None) -> None:
        self._registry = registry = CollectorRegistry()
        folder = os.environ.get(FOLDER)
        if folder:
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            registry = CollectorRegistry()  # the workers' own values are read from the folder alone
            _forget_the_dead(Path(folder))
        else:
            ProcessCollector(registry=registry)
        self._own = registry
        self._requests = Counter(
            table.REQUESTS.name, table.REQUESTS.help, table.REQUESTS.labels, registry=registry
        )
        self._latency = _histogram(table.REQUEST_SECONDS, _SECONDS, registry)
        self._in_flight = _gauge(table.IN_FLIGHT, registry, mode="livesum")
        self._rows = Counter(table.ROWS.name, table.ROWS.help, registry=registry)
        self._sizes = _histogram(table.BATCH_ROWS, _SIZES, registry)
        self._draining = _gauge(table.DRAINING, registry)
        self._observations: Observations | None = None
        self._shared = bool(folder)
        self._later, self._due = later, False
        self._statuses: list[int] = []  # of answered invocations that are not counted yet
        self._times = array("d")  # seconds, likewise
        self._instances = array("d")  # likewise, of those that were predicted
        self._now = 0  # invocations being answered

    def loaded(self, version: str, digest: str, schema: Schema, seconds: float) -> None:
        """The model that serves, and how long it took to load it; once."""
        self._observations = Observations(schema, self._own)
        _gauge(table.LOAD_SECONDS, self._own).set(seconds)
        _gauge(table.INFO, self._own).labels(version, digest).set(1)

    def begin(self) -> None:
        self._now += 1
        if self._shared:
            self._in_flight.set(self._now)

    def end(self, status: int, seconds: float, prediction: tuple[Batch, Matrix] | None = None) -> None:
        """One invocation was answered; with its rows and outputs, [rows, width of the output], where a loaded model predicted."""
        self._now -= 1
        self._statuses.append(status)
        self._times.append(seconds)
        if prediction:
            batch, tensor = prediction
            self._instances.append(len(tensor))
            if self._observations:
                self._observations.predicted(batch, tensor)
        if self._shared:
            self._in_flight.set(self._now)
            if not self._due:
                self._due = True
                (self._later or asyncio.get_running_loop().call_later)(SOON, self._count)
        if len(self._statuses) >= BATCH:
            self._count()

    def refused(self, name: str, fault: Fault) -> None:
        """An invocation that a loaded model was not asked, for one value."""
        if self._observations:
            self._observations.refused(name, fault)

    def text(self, *, draining: bool) -> bytes:
        """What a scrape is answered with."""
        self._count()
        self._draining.set(draining)
        return generate_latest(self._registry)

    def _count(self) -> None:
        self._due = False
        statuses, self._statuses = self._statuses, []
        times, self._times = self._times, array("d")
        instances, self._instances = self._instances, array("d")
        for status, count in Counts(statuses).items():
            self._requests.labels(status).inc(count)
        self._latency.observe_all(np.array(times))
        self._sizes.observe_all(np.array(instances))
        self._rows.inc(sum(instances))
        if self._observations:
            self._observations.count()
        self._in_flight.set(self._now)


def _histogram(
    metric: table.ServerMetric, bounds: tuple[float, ...], registry: CollectorRegistry
) -> BulkHistogram:
    return BulkHistogram(metric.name, metric.help, metric.labels, buckets=bounds, registry=registry)


def _gauge(metric: table.ServerMetric, registry: CollectorRegistry, mode: str = "livemax") -> Gauge:
    """A gauge; `mode` is how the workers' values become one."""
    return Gauge(metric.name, metric.help, metric.labels, registry=registry, multiprocess_mode=mode)  # type: ignore[arg-type]


def _forget_the_dead(folder: Path) -> None:
    """What a worker that died was just answering is answered no more; the library names files by pid."""
    for path in folder.glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            with suppress(FileNotFoundError):  # another worker that just started has forgotten it
                multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
