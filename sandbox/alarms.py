"""What CloudWatch requires of an alarm beyond its model, and moto (5.2.5) does not."""

from collections.abc import Iterator
from contextlib import contextmanager

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
    yield


def _invalid(text: str) -> RefusedError:
    return RefusedError(text, "ValidationError")
