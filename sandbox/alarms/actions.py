"""What an alarm does when its state changes: it publishes to SNS topics, if their policies and keys let CloudWatch do so.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from sandbox.iam.core.access import Context
from sandbox.refusal import RefusedError
from sandbox.topics import Topics

_LOG = logging.getLogger(__name__)
_CLOUDWATCH = "cloudwatch.amazonaws.com"


class Actions:
    """The actions of alarms: topics that they tell."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    def tell(self, account: str, alarm: Any, old: str) -> None:
        """Carry the actions of an alarm's new state out, each for itself; what AWS refuses is in the log, as in its history."""
        if not alarm.actions_enabled:
            return
        actions = {
            "ALARM": alarm.alarm_actions,
            "OK": alarm.ok_actions,
            "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
        }
        for action in actions[alarm.state_value]:
            try:
                self._publish(account, alarm, old, action)
                _LOG.info("alarm %s is %s: told %s", alarm.name, alarm.state_value, action)
            except RefusedError as refused:
                _LOG.warning("Failed to execute action %s. Received error: %s", action, refused)
            except Exception:  # noqa: BLE001 the others are told all the same
                _LOG.exception(
                    "alarm %s is %s: action %s is not carried out", alarm.name, alarm.state_value, action
                )

    def _publish(self, account: str, alarm: Any, old: str, topic: str) -> None:
        about = Context(
            {"aws:sourceaccount": account, "aws:sourcearn": alarm.alarm_arn, "aws:sourceowner": account}
        )
        region = topic.split(":", 5)[3]
        self._topics.publish(
            _CLOUDWATCH,
            topic,
            json.dumps(_message(account, alarm, old)),
            f'{alarm.state_value}: "{alarm.name}" in {region}',
            about,
        )


def _message(account: str, alarm: Any, old: str) -> dict[str, Any]:
    """What subscribers get, as far as something here reads it."""
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000+0000}",
        "Region": alarm.region_name,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": old,
    }
