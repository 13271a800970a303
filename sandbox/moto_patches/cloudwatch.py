"""CloudWatch: the state of an alarm that was just put."""

from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend


def apply() -> None:
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
