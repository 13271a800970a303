"""What the server tells Prometheus."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
    multiprocess,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own variable, read when it is imported
BATCH = 256  # answered invocations after which they are counted, where nobody has looked meanwhile
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds


class Metrics:
    """The metrics of one process, or, where `FOLDER` is set, of all workers together.

    The library's counters cost a request a twentieth of its time. A process that alone knows its numbers hands them over when
    somebody looks, or many at once; a worker, whose numbers the others show, hands each over at once.
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        folder = os.environ.get(FOLDER)
        if folder:
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            registry = CollectorRegistry()  # the workers' own values are read from the folder alone
            _forget_the_dead(Path(folder))
        else:
            ProcessCollector(registry=registry)
        self._requests = Counter("model_requests", "Invocations answered", ["status"], registry=registry)
        self._latency = Histogram(
            "model_request_seconds", "Time to answer", registry=registry, buckets=_BUCKETS
        )
        self._in_flight = Gauge(
            "model_requests_in_flight",
            "Invocations being answered",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._rows = Counter("model_rows", "Instances predicted", registry=registry)
        self._unseen = Counter(
            "model_unseen_categories", "Names unknown to training", ["feature"], registry=registry
        )
        self._model = Gauge(
            "model_info",
            "The model that serves",
            ["version", "digest"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._by_status: dict[int, Counter] = {}
        self._batch = 1 if folder else BATCH
        self._answered: list[tuple[int, float]] = []  # status and seconds of each, not handed over yet
        self._predicted = 0  # rows, likewise
        self._now = 0  # invocations being answered

    def loaded(self, version: str, digest: str) -> None:
        self._model.labels(version, digest).set(1)

    def begin(self) -> None:
        self._now += 1
        if self._batch == 1:
            self._in_flight.set(self._now)

    def end(self, status: int, seconds: float) -> None:
        self._now -= 1
        self._answered.append((status, seconds))
        if len(self._answered) >= self._batch:
            self._hand_over()

    def predicted(self, rows: int, unseen: Mapping[str, int]) -> None:
        self._predicted += rows
        if unseen:
            for feature, count in unseen.items():
                self._unseen.labels(feature).inc(count)

    def text(self) -> bytes:
        self._hand_over()
        return generate_latest(self._registry)

    def _hand_over(self) -> None:
        for status, seconds in self._answered:
            counter = self._by_status.get(status)
            if counter is None:
                counter = self._by_status[status] = self._requests.labels(status)
            counter.inc()
            self._latency.observe(seconds)
        self._answered.clear()
        self._rows.inc(self._predicted)
        self._predicted = 0
        self._in_flight.set(self._now)


def _forget_the_dead(folder: Path) -> None:
    """What a worker that died was just answering is answered no more; the library names files by pid."""
    for path in folder.glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            with suppress(FileNotFoundError):  # another worker that just started has forgotten it
                multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
