"""What Alertmanager posts, in a person's words (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config)."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec


class Alert(msgspec.Struct, frozen=True):
    """One alert of a message."""

    status: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


class Message(msgspec.Struct, frozen=True):
    """A message: alerts of one group."""

    alerts: list[Alert]


def lines(body: bytes) -> Iterator[str]:
    """Each alert of a message, with what to type.

    Raises:
        msgspec.DecodeError: it is no such message.
    """
    for alert in msgspec.json.decode(body, type=Message).alerts:
        yield _line(alert.status, alert.labels, alert.annotations)


def _line(status: str, labels: Mapping[str, Any], annotations: Mapping[str, Any]) -> str:
    what = f"{labels.get('alertname', 'an alert without a name')}: {annotations.get('summary', 'no summary')}"
    if status == "resolved":
        return f"over    {what}"
    return f"{labels.get('severity', 'alert'):<7} {what}. {annotations.get('remedy', '')} ({annotations.get('runbook', 'no runbook')})"
