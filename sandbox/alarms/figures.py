"""What GetMetricData answers: statistics of metrics by the period, and metric math of them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.alarms.expression import Point, UnknownExpressionError, check, evaluate
from sandbox.alarms.series import PERCENTILE, STATISTICS, Data, Metric, points
from sandbox.alarms.shown import returns_data

_MINUTE = 60  # seconds: the shortest period that is known here

Figures = list[tuple[int, float]]  # seconds since the epoch at which the period begins, and its value


def figures(
    data: Data, queries: Sequence[Mapping[str, Any]], since: float, until: float
) -> dict[str, Figures]:
    """Of each query that returns data, by its id; the oldest first. A period without data has no figure.

    Args:
        data: at least of the time that is asked for.
        queries: in GetMetricData's shape.
        since: seconds since the epoch; the period that it is in is the first.
        until: likewise; a period that begins then is none.

    Raises:
        UnknownExpressionError: a statistic or an expression that the sandbox does not evaluate, or periods that differ.
    """
    stats = {query["Id"]: query["MetricStat"] for query in queries if query.get("MetricStat")}
    periods = {int(stat["Period"]) for stat in stats.values()}
    expressions = [query["Expression"] for query in queries if query.get("Expression")]
    if expressions and len(periods) != 1:
        raise UnknownExpressionError(
            f"the sandbox evaluates expressions of metrics with one Period, not with {sorted(periods)}"
        )
    for expression in expressions:
        check(expression, list(stats))
    series = {id_: _of_metric(data, stat, since, until) for id_, stat in stats.items()}
    return {
        query["Id"]: (
            _of_expression(query["Expression"], series) if query.get("Expression") else series[query["Id"]]
        )
        for query in queries
        if returns_data(query.get("ReturnData"))
    }


def _of_metric(data: Data, stat: Mapping[str, Any], since: float, until: float) -> Figures:
    statistic, period, of = str(stat["Stat"]), int(stat["Period"]), stat["Metric"]
    if statistic not in STATISTICS and not PERCENTILE.fullmatch(statistic):
        raise UnknownExpressionError(
            f"the sandbox does not compute Stat {statistic!r}: it knows {', '.join(STATISTICS)}, and percentiles, p0 to p100"
        )
    if period % _MINUTE or not period:
        raise UnknownExpressionError(f"the sandbox knows periods of whole minutes, not of {period} s")
    dimensions = frozenset((each["Name"], each["Value"]) for each in of.get("Dimensions", ()))
    metric = Metric(of.get("Namespace", ""), of["MetricName"], dimensions)
    of_unit = [datum for datum in data.get(metric, ()) if not stat.get("Unit") or datum.unit == stat["Unit"]]
    first, last = int(since // period), -int(-until // period)
    values = points(of_unit, statistic, period, last, last - first)
    return [
        (number * period, value)
        for number, value in zip(range(first, last), values, strict=True)
        if value is not None
    ]


def _of_expression(expression: str, series: Mapping[str, Figures]) -> Figures:
    by_moment = {id_: dict(figures) for id_, figures in series.items()}
    moments = sorted({moment for figures in by_moment.values() for moment in figures})
    values: list[tuple[int, Point]] = [
        (moment, evaluate(expression, {id_: figures.get(moment) for id_, figures in by_moment.items()}))
        for moment in moments
    ]
    return [(moment, value) for moment, value in values if value is not None]
