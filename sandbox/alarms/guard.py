"""What CloudWatch requires of an alarm beyond its model, and moto (5.2.5) does not; and what is not evaluated here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sandbox.alarms.dashboards import refuse_invalid
from sandbox.alarms.evaluation import COMPARISONS
from sandbox.alarms.expression import UnknownExpressionError, check
from sandbox.alarms.series import PERCENTILE, STATISTICS
from sandbox.alarms.shown import returns_data
from sandbox.api.request import Request
from sandbox.call import Call
from sandbox.refusal import RefusedError

_OF_WHAT = ("MetricName", "Metrics", "EvaluationCriteria")
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_TOPIC = re.compile(r"arn:aws:sns:[a-z0-9-]+:\d{12}:[^:]+")


@contextmanager
def guard(call: Call, _account: str, _request: Request) -> Iterator[None]:
    """Refuse an alarm of nothing, one that is never compared, a body that is no dashboard's, and what is not evaluated here."""
    if call.action == "PutMetricAlarm":
        members = call.members
        given = [name for name in _OF_WHAT if name in members]
        if len(given) != 1:
            raise _invalid(
                "For each PutMetricAlarm operation, you must specify either MetricName, a Metrics array, or an "
                f"EvaluationCriteria, not {' and '.join(given) or 'none of them'}"
            )
        if given != ["EvaluationCriteria"]:
            _check_comparison(members, given[0])
        if given == ["MetricName"]:
            _check_metric(members)
        if given == ["Metrics"]:
            _check_queries(members["Metrics"])
        for name in _ACTIONS:
            for action in members.get(name, ()):
                _check_action(action)
    if call.action == "PutDashboard":
        refuse_invalid(call.members["DashboardBody"])
    yield


def _check_comparison(members: Mapping[str, Any], of_what: str) -> None:
    """It is compared with a number; AWS also compares with a band that it computes."""
    for name in ("ComparisonOperator", "EvaluationPeriods"):
        _require(members, name, of_what)
    operator = members["ComparisonOperator"]
    if "ThresholdMetricId" in members or operator not in COMPARISONS:
        raise _invalid(
            f"the sandbox does not evaluate ComparisonOperator {operator}"
            f"{' with ThresholdMetricId' if 'ThresholdMetricId' in members else ''}: it knows {', '.join(COMPARISONS)}, "
            "with Threshold"
        )
    _require(members, "Threshold", of_what)


def _check_metric(members: Mapping[str, Any]) -> None:
    _require(members, "Period", "MetricName")
    given = [name for name in ("Statistic", "ExtendedStatistic") if name in members]
    if len(given) != 1:
        raise _invalid(
            "Exactly one of Statistic and ExtendedStatistic is required with MetricName, not "
            f"{' and '.join(given) or 'none of them'}"
        )
    _check_statistic(given[0], members[given[0]])


def _check_queries(queries: Sequence[Mapping[str, Any]]) -> None:
    """One query is what the alarm compares; an expression is one that is evaluated here, of metrics with one period."""
    shown = [query for query in queries if returns_data(query.get("ReturnData"))]
    if len(shown) != 1:
        raise _invalid("Exactly one element of the metrics list should return data.")
    for query in queries:
        if bool(query.get("Expression")) == bool(query.get("MetricStat")):
            raise _invalid(f"Exactly one of MetricStat and Expression is required in query {query['Id']!r}")
    ids = [query["Id"] for query in queries if query.get("MetricStat")]
    for query in queries:
        if query.get("Expression"):
            try:
                check(query["Expression"], ids)
            except UnknownExpressionError as error:
                raise _invalid(f"Error in expression {query['Id']!r}: {error}") from None
        else:
            _require(query["MetricStat"]["Metric"], "MetricName", f"MetricStat in query {query['Id']!r}")
            _check_statistic(f"Stat in query {query['Id']!r}", query["MetricStat"]["Stat"])
    periods = sorted({query["MetricStat"]["Period"] for query in queries if query.get("MetricStat")})
    if len(periods) != 1:
        raise _invalid(
            "The metrics of an alarm must have one Period, and these have "
            f"{' and '.join(map(str, periods)) or 'none: no query is a MetricStat'}"
        )


def _check_statistic(name: str, value: str) -> None:
    if value not in STATISTICS and not PERCENTILE.fullmatch(value):
        raise _invalid(
            f"the sandbox does not compute {name} {value!r}: it knows {', '.join(STATISTICS)}, and percentiles, p0 to p100"
        )


def _check_action(action: str) -> None:
    if not _ARN.fullmatch(action):
        raise _invalid(f"Invalid arn syntax: {action}")
    if not _TOPIC.fullmatch(action):
        raise _invalid(f"the sandbox does not carry out the action {action}: it knows SNS topics")


def _require(given: Mapping[str, Any], name: str, with_what: str) -> None:
    if name not in given:
        raise _invalid(f"The parameter {name} is required with {with_what}")


def _invalid(text: str) -> RefusedError:
    return RefusedError(text, "ValidationError")
