"""SNS: a message is published whether or not it can be delivered."""

import logging
from typing import Any

from moto.sns.models import Subscription

_LOG = logging.getLogger(__name__)


def apply() -> None:
    _deliver_to_each_subscriber_by_itself()


def _deliver_to_each_subscriber_by_itself() -> None:
    """AWS tries again, and tells the publisher nothing; in moto a deleted queue or a server that is away fails the call.

    https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
    """
    original = Subscription.publish

    def publish(self: Subscription, *message: Any, **more: Any) -> None:
        try:
            original(self, *message, **more)
        except Exception:  # noqa: BLE001 whatever it is, it is the one subscriber's
            _LOG.exception("topic %s: nothing delivered to %s", self.topic.arn, self.endpoint)

    Subscription.publish = publish  # type: ignore[method-assign]
