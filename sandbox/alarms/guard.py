"""What CloudWatch requires of an alarm beyond its model, and moto (5.2.5) does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.alarms.expression import UnknownExpressionError, check
from sandbox.api.request import Request
from sandbox.call import Call
from sandbox.refusal import RefusedError

_OF_WHAT = ("MetricName", "Metrics", "EvaluationCriteria")


@contextmanager
def guard(call: Call, _account: str, _request: Request) -> Iterator[None]:
    """Refuse an alarm of nothing, and one that is never compared."""
    if call.action == "PutMetricAlarm":
        given = [name for name in _OF_WHAT if name in call.members]
        if len(given) != 1:
            raise _invalid(
                "For each PutMetricAlarm operation, you must specify either MetricName, a Metrics array, or an "
                f"EvaluationCriteria, not {' and '.join(given) or 'none of them'}"
            )
        for name in ("ComparisonOperator", "EvaluationPeriods"):
            if given != ["EvaluationCriteria"] and name not in call.members:
                raise _invalid(f"The parameter {name} is required with {given[0]}")
        if given == ["Metrics"]:
            _check_queries(call.members["Metrics"])
    yield


def _check_queries(queries: Any) -> None:
    """One query is what the alarm compares; an expression is one that is evaluated here."""
    shown = [query for query in queries if query.get("ReturnData", True) in {True, "true"}]
    if len(shown) != 1:
        raise _invalid("Exactly one element of the metrics list should return data.")
    ids = [query["Id"] for query in queries if query.get("MetricStat")]
    for query in queries:
        if query.get("Expression"):
            try:
                check(query["Expression"], ids)
            except UnknownExpressionError as error:
                raise _invalid(f"Error in expression {query['Id']!r}: {error}") from None


def _invalid(text: str) -> RefusedError:
    return RefusedError(text, "ValidationError")
