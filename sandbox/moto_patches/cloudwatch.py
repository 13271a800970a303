"""CloudWatch: the state of an alarm that was just put, and alarms by their type."""

from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

_LISTS = {"MetricAlarm": "MetricAlarms", "CompositeAlarm": "CompositeAlarms"}


def apply() -> None:
    _know_nothing_of_a_new_alarm()
    _list_the_alarms_of_the_types_that_were_named()


def _know_nothing_of_a_new_alarm() -> None:
    """INSUFFICIENT_DATA when it is new (moto: OK); a changed alarm keeps its state.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    original = CloudWatchBackend.put_metric_alarm

    def put_metric_alarm(self: CloudWatchBackend, **alarm: Any) -> Alarm:
        before = self.alarms.get(alarm["name"])
        put = original(self, **alarm)
        if before is None:
            put.state_value = "INSUFFICIENT_DATA"
        else:
            put.state_value, put.state_reason = before.state_value, before.state_reason
            put.state_reason_data = before.state_reason_data
            put.state_updated_timestamp = before.state_updated_timestamp
            put.history = before.history
        return put

    CloudWatchBackend.put_metric_alarm = put_metric_alarm  # type: ignore[assignment,method-assign]


def _list_the_alarms_of_the_types_that_were_named() -> None:
    """AWS lists the alarms of `AlarmTypes`, and metric alarms without a word; moto lists all of them."""
    every = CloudWatchResponse.describe_alarms

    def describe_alarms(self: CloudWatchResponse) -> ActionResult:
        types = self._get_param("AlarmTypes") or ["MetricAlarm"]
        result: Any = every(self).result
        return ActionResult({name: result[name] if kind in types else [] for kind, name in _LISTS.items()})

    CloudWatchResponse.describe_alarms = describe_alarms  # type: ignore[method-assign]
