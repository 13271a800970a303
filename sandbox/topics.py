"""SNS topics that services of AWS publish to in their own name, if the topic's policy and its key's let them."""

from dataclasses import dataclass
from typing import Any

from moto.sns.models import sns_backends

from sandbox.accounts import ACCOUNTS
from sandbox.cloud import Cloud
from sandbox.iam.core.access import Context, Need
from sandbox.iam.guard import Guard
from sandbox.refusal import RefusedError

_KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
_SUBJECT = 100  # characters


@dataclass(frozen=True)
class Topics:
    """The topics of all accounts."""

    cloud: Cloud
    guard: Guard

    def publish(self, principal: str, topic: str, message: str, subject: str | None, about: Context) -> None:
        """Publish as a service; raises RefusedError.

        Args:
            principal: the service, as policies name it.
            topic: ARN.
            message: what subscribers get.
            subject: of it, cut to what SNS takes.
            about: what the service tells of whom it does it for.
        """
        _, _, _, region, owner, _ = topic.split(":", 5)
        with self.cloud.lock:
            existing = sns_backends[owner][region].topics.get(topic)
            if existing is None:
                raise RefusedError(f"Topic {topic} does not exist", "NotFound")
            self.guard.service_acts(principal, "sns", [Need("sns:Publish", topic, about)])
            if existing.kms_master_key_id:
                key = self.guard.key_arn(owner, region, existing.kms_master_key_id)
                self.guard.service_acts(principal, "kms", [Need(each, key, about) for each in _KEY_ACTIONS])
            sns_backends[owner][region].publish(
                message, topic, subject=subject[:_SUBJECT] if subject else None
            )

    def messages(self) -> list[dict[str, Any]]:
        """What was published to each topic, by whomever, the first first."""
        with self.cloud.lock:
            return [
                {"account": account.id, "topic": arn, "subject": subject or "", "message": message}
                for account in ACCOUNTS
                for backend in sns_backends[account.id].values()
                for arn, topic in backend.topics.items()
                for _, message, subject, *_ in topic.sent_notifications
            ]
