"""From an alarm's last data points to its state.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sandbox.alarms.expression import Point


class State(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When an alarm goes off: `datapoints` of the last `periods` beyond the threshold."""

    comparison: str
    threshold: float
    periods: int
    datapoints: int
    missing: str = "missing"  # or "ignore", "breaching", "notBreaching"

    def breaches(self, value: float) -> bool:
        return COMPARISONS[self.comparison](value, self.threshold)


def state_of(rule: Rule, points: Sequence[Point], before: State) -> State:
    """The state after the last whole periods, the oldest first.

    With "missing", periods without data say nothing: the others decide, and where there is none nothing is known. (AWS looks
    further back than the periods for data to put in their place, and does not say how far; here they are left out.)
    """
    given = [value for value in points[-rule.periods :] if value is not None]
    lacking = rule.periods - len(given)
    breaching = sum(rule.breaches(value) for value in given) + (lacking if rule.missing == "breaching" else 0)
    if breaching >= rule.datapoints:
        return State.ALARM
    if rule.missing == "ignore" and lacking:
        return before
    if not given and rule.missing == "missing":
        return State.INSUFFICIENT_DATA
    return State.OK
