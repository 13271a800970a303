"""What is counted of rows and predictions, by the names of the model's schema."""

from collections import Counter as Counts
from collections.abc import Callable, Iterable

import numpy as np
from prometheus_client import CollectorRegistry, Counter

from pipelines.server import metric_table as table
from pipelines.server.histogram import BulkHistogram
from pipelines.server.rows import Batch, Fault, Matrix
from pipelines.server.schema import Category, Classes, Output, Probability, Quantity, Schema

PROBABILITIES = tuple(round(step / 20, 2) for step in range(1, 21))
_POSITIVE = tuple(float(f"{digit}e{power}") for power in range(-3, 7) for digit in (1, 2, 5))
VALUES = (*(-value for value in reversed(_POSITIVE)), 0.0, *_POSITIVE)  # the schema has no range of a number
CELLS = 1 << 16  # of the tensors of rows that are not counted yet


class Observations:
    """Counters of one model; every series is there from the start, so that the first event is an increase.

    To count one invocation costs a twentieth of its time; to count many together costs hardly more. So what was predicted is
    copied, into memory that stays, until `count`.
    """

    def __init__(self, schema: Schema, registry: CollectorRegistry) -> None:
        self._names = schema.names
        names = [each.name for each in schema.features if isinstance(each, Category)]
        numbers = [each.name for each in schema.features if not isinstance(each, Category)]
        self._missing = _by_name(_counter(table.MISSING, registry), schema.names)
        self._unseen = _by_name(_counter(table.UNSEEN, registry), names)
        sides = _counter(table.OUT_OF_RANGE, registry)
        self._sides = {side: _by_name(sides, numbers, side) for side in ("below", "above", "beyond")}
        self._predictions = _predictions(schema.output, registry)
        self._room = max(1, CELLS // len(schema.names))  # rows
        self._matrix = np.empty((self._room, len(schema.names)), dtype=np.float32)
        self._tensor = np.empty((self._room, schema.output.width), dtype=np.float32)
        self._kept = 0  # rows of both that are not counted yet
        self._names_unseen: Counts[str] = Counts()  # of these rows

    def predicted(self, batch: Batch, tensor: Matrix) -> None:
        """One invocation: its rows and its outputs, [rows, width of the output]."""
        rows = len(tensor)
        if batch.unseen:
            self._names_unseen.update(batch.unseen)
        if self._kept + rows > self._room:
            self.count()
        if rows > self._room:
            self._count(batch.matrix, tensor)
            return
        end = self._kept + rows
        self._matrix[self._kept : end] = batch.matrix
        self._tensor[self._kept : end] = tensor
        self._kept = end

    def count(self) -> None:
        """Count what was only kept."""
        if self._kept:
            self._count(self._matrix[: self._kept], self._tensor[: self._kept])
            self._kept = 0

    def _count(self, matrix: Matrix, tensor: Matrix) -> None:
        nulls = np.isnan(matrix).sum(axis=0)
        unseen, self._names_unseen = self._names_unseen, Counts()
        for name, count in unseen.items():
            self._unseen[name].inc(count)
        for place in np.flatnonzero(nulls).tolist():
            name = self._names[place]
            self._missing[name].inc(int(nulls[place]) - unseen[name])
        self._predictions(tensor)

    def refused(self, name: str, fault: Fault) -> None:
        """Count the value for which an invocation was refused."""
        match fault:
            case "missing":
                counters = self._missing
            case "unseen":
                counters = self._unseen
            case "below" | "above" | "beyond":
                counters = self._sides[fault]
        counters[name].inc()


def _counter(metric: table.ServerMetric, registry: CollectorRegistry) -> Counter:
    return Counter(metric.name, metric.help, metric.labels, registry=registry)


def _by_name(counter: Counter, names: Iterable[str], *labels: str) -> dict[str, Counter]:
    """The counter of each name, with what follows the name in its labels; those after the most share one."""
    return {
        name: counter.labels(name if place < table.MOST_NAMES else table.OTHERS, *labels)
        for place, name in enumerate(names)
    }


def _predictions(output: Output, registry: CollectorRegistry) -> Callable[[Matrix], None]:
    """What counts the rows of a tensor, [rows, width of the output]."""
    match output:
        case Probability():
            metric, bounds, column = table.PROBABILITY, PROBABILITIES, 1
        case Quantity():
            metric, bounds, column = table.VALUE, VALUES, 0
        case Classes():
            return _likeliest(output, registry)
    histogram = BulkHistogram(metric.name, metric.help, buckets=bounds, registry=registry)
    return lambda tensor: histogram.observe_all(tensor[:, column])


def _likeliest(output: Classes, registry: CollectorRegistry) -> Callable[[Matrix], None]:
    counters = list(_by_name(_counter(table.CLASS, registry), output.classes).values())

    def count(tensor: Matrix) -> None:
        counts = np.bincount(tensor.argmax(axis=1))
        for place in np.flatnonzero(counts).tolist():
            counters[place].inc(int(counts[place]))

    return count
