"""The data that CloudWatch was given, as moto keeps them, by metric."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from sandbox.alarms.series import Data, Datum, Metric

_OUT_OF_ORDER = 60.0  # seconds by which data may come later than other data of the same time


def recent(newest_first: Iterable[Any], since: float) -> Data:
    """The data since then, by metric; moto keeps them in the order in which they came."""
    data: dict[Metric, list[Datum]] = {}
    for metric, datum in dated(newest_first):
        if datum.at < since - _OUT_OF_ORDER:
            break
        data.setdefault(metric, []).append(datum)
    return data


def seconds(moment: datetime) -> float:
    """Since the epoch; what moto keeps without a zone is in UTC, whatever the machine's is."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def metric_of(each: Any) -> Metric:
    """Which metric a datum is of."""
    dimensions = frozenset((dimension.name, dimension.value) for dimension in each.dimensions)
    return Metric(each.namespace, each.name, dimensions)


def dated(data: Iterable[Any]) -> Iterator[tuple[Metric, Datum]]:
    """Each with its metric."""
    for each in data:
        at = seconds(each.timestamp)
        if hasattr(each, "sample_count"):
            datum = Datum(at, each.sample_count, each.sum, each.min, each.max, each.unit)
        else:
            datum = Datum(at, 1, each.value, each.value, each.value, each.unit)
        yield metric_of(each), datum
