"""What was measured in each period, from the data that CloudWatch was given."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.alarms.expression import Point

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


@dataclass(frozen=True)
class Datum:
    """Some samples of one metric, at one time in seconds since the epoch."""

    at: float
    count: float
    total: float
    least: float
    most: float
    unit: str | None = None


@dataclass(frozen=True)
class Metric:
    """One metric, by all of its dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]


Data = Mapping[Metric, Sequence[Datum]]


def points(data: Sequence[Datum], statistic: str, period: int, until: int, count: int) -> list[Point]:
    """One statistic of the `count` whole periods that end with period number `until`, the oldest first."""
    by_period: dict[int, list[Datum]] = {}
    for datum in data:
        by_period.setdefault(int(datum.at // period), []).append(datum)
    return [
        _statistic(by_period[number], statistic) if number in by_period else None
        for number in range(until - count, until)
    ]


def _statistic(data: Sequence[Datum], statistic: str) -> float:
    count, total = sum(each.count for each in data), sum(each.total for each in data)
    match statistic:
        case "SampleCount":
            return count
        case "Sum":
            return total
        case "Average":
            return total / count
        case "Minimum":
            return min(each.least for each in data)
        case "Maximum":
            return max(each.most for each in data)
    match = PERCENTILE.fullmatch(statistic)
    assert match is not None, statistic
    return _percentile(data, float(match[1]) / 100)


def _percentile(data: Iterable[Datum], share: float) -> float:
    """No less than the percentile: of samples that were summed up before they came, each counts as the greatest."""
    ordered = sorted(data, key=lambda each: each.most)
    left = share * sum(each.count for each in ordered)
    for each in ordered:
        left -= each.count
        if left <= 0:
            return each.most
    return ordered[-1].most
