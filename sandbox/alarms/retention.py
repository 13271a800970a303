"""How finely CloudWatch keeps what it was given, by its age, and for how long.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention: by the minute for 15 days, by
five minutes for 63, by the hour for 455. AWS keeps nothing finer than a minute of metrics like SageMaker's; the sandbox does for a
quarter of an hour, in which people look on.
"""

from collections.abc import Iterable
from itertools import groupby

from sandbox.alarms.series import Datum, Metric

Dated = tuple[Metric, Datum]

RAW = 900.0  # seconds for which data stay as they came
_DAY = 86_400.0
# From which age on, in seconds, so many seconds are one datum; the oldest first, and of the first nothing is left.
_LEVELS = ((455 * _DAY, 0), (63 * _DAY, 3_600), (15 * _DAY, 300), (RAW, 60))


def retained(data: Iterable[Dated], now: float) -> list[Dated]:
    """Data that are older than `RAW`, as they are still kept, the oldest first.

    Args:
        data: each with its metric.
        now: seconds since the epoch.
    """
    places = ((_place(datum, now), metric, datum) for metric, datum in data)
    kept = [(place, metric, datum) for place, metric, datum in places if place is not None]
    kept.sort(
        key=lambda each: (
            each[0],
            each[1].namespace,
            each[1].name,
            sorted(each[1].dimensions),
            each[2].unit or "",
        )
    )
    return [
        (metric, _together(place, [datum for _, _, datum in same]))
        for (place, metric, _), same in groupby(kept, key=lambda each: (each[0], each[1], each[2].unit))
    ]


def _place(datum: Datum, now: float) -> float | None:
    """When the datum begins that it is a part of; None where it is kept no more."""
    period = next(period for age, period in _LEVELS if now - datum.at >= age)
    return datum.at // period * period if period else None


def _together(at: float, data: list[Datum]) -> Datum:
    return Datum(
        at,
        sum(datum.count for datum in data),
        sum(datum.total for datum in data),
        min(datum.least for datum in data),
        max(datum.most for datum in data),
        data[0].unit,
    )
