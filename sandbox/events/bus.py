"""The default event bus of each account: what AWS' services tell it, and the rules that match."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.events.models import events_backends

from sandbox.accounts import REGION
from sandbox.cloud import Cloud
from sandbox.events.target import text
from sandbox.iam.core.access import Context
from sandbox.refusal import RefusedError
from sandbox.topics import Topics

_LOG = logging.getLogger(__name__)
_PRINCIPAL = "events.amazonaws.com"


@dataclass(frozen=True)
class Bus:
    """The buses of all accounts."""

    cloud: Cloud
    topics: Topics

    def emit(
        self, source: str, account: str, detail_type: str, resources: list[str], detail: dict[str, Any]
    ) -> None:
        """Carry an event to every rule that matches it; what a topic refuses is in the log, as in a rule's metrics."""
        event: Any = {
            "version": "0",
            "id": str(uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": account,
            "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "region": REGION,
            "resources": resources,
            "detail": detail,
        }
        with self.cloud.lock:
            bus = events_backends[account][REGION].event_buses["default"]
            rules = [rule for rule in bus.rules.values() if rule.state == "ENABLED"]
            matching = [
                (rule, list(rule.targets)) for rule in rules if rule.event_pattern.matches_event(event)
            ]
        for rule, targets in matching:
            about = Context({"aws:sourcearn": rule.arn})
            for target in targets:
                message = text(target, event, {"arn": rule.arn, "name": rule.name})
                try:
                    self.topics.publish(_PRINCIPAL, target["Arn"], message, None, about)
                except RefusedError as refused:
                    _LOG.warning("rule %s did not tell %s: %s", rule.name, target["Arn"], refused)
