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
KEPT = 1 << 18  # bytes of the tensors of rows that are not counted yet


class Observations:
    """Counters of one model; every series is there from the start, so that the first event is an increase.

    To count one invocation costs a fifth of its time; to count many together costs hardly more. So what was predicted is
    copied, one invocation behind the other, until `count`: kept as objects, each would be out of the CPU's caches by then.
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
        self._width = schema.output.width
        self._rows, self._outputs = bytearray(), bytearray()  # float32, of rows that are not counted yet
        self._names_unseen: Counts[str] = Counts()  # of these rows

    def predicted(self, batch: Batch, tensor: Matrix) -> None:
        """One invocation: its rows and its outputs, [rows, width of the output]."""
        if batch.unseen:
            self._names_unseen.update(batch.unseen)
        self._rows.extend(batch.matrix)
        self._outputs.extend(tensor)
        if len(self._rows) + len(self._outputs) > KEPT:
            self.count()

    def count(self) -> None:
        """Count what was only kept."""
        if not self._rows:
            return
        matrix = np.frombuffer(self._rows, np.float32).reshape(-1, len(self._names))
        tensor = np.frombuffer(self._outputs, np.float32).reshape(-1, self._width)
        unseen, self._names_unseen = self._names_unseen, Counts()
        self._rows, self._outputs = bytearray(), bytearray()
        nulls = np.isnan(matrix).sum(axis=0)
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
