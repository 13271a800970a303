"""What an alarm does when its state changes: it publishes to SNS topics, if their policies and keys let CloudWatch do so.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from moto.sns.models import sns_backends

from sandbox.cloud import Cloud
from sandbox.iam.core.access import Context, Need
from sandbox.iam.guard import Guard
from sandbox.refusal import RefusedError

_LOG = logging.getLogger(__name__)
_CLOUDWATCH = "cloudwatch.amazonaws.com"
_KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")


class Topics:
    """The topics that alarms name."""

    def __init__(self, cloud: Cloud, guard: Guard) -> None:
        self._cloud = cloud
        self._guard = guard

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
        _, _, _, region, owner, _ = topic.split(":", 5)
        existing = sns_backends[owner][region].topics.get(topic)
        if existing is None:
            raise RefusedError(f"Topic {topic} does not exist", "NotFound")
        about = Context(
            {"aws:sourceaccount": account, "aws:sourcearn": alarm.alarm_arn, "aws:sourceowner": account}
        )
        self._guard.service_acts(_CLOUDWATCH, "sns", [Need("sns:Publish", topic, about)])
        if existing.kms_master_key_id:
            key = self._guard.key_arn(owner, region, existing.kms_master_key_id)
            self._guard.service_acts(
                _CLOUDWATCH, "kms", [Need(action, key, about) for action in _KEY_ACTIONS]
            )
        sns_backends[owner][region].publish(
            json.dumps(_message(account, alarm, old)),
            topic,
            subject=f'{alarm.state_value}: "{alarm.name}" in {region}'[:100],
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
