"""Alertmanager's own file: who is told of what, once."""

from typing import Any

_WAIT, _AGAIN, _REPEAT = 30.0, 300.0, 4 * 3600.0  # seconds at scale 1


def document(webhook: str, scale: float = 1.0) -> dict[str, Any]:
    """The file, as Alertmanager reads it.

    Alerts of one environment come as one message. A page is sent at once, and keeps the tickets of the same version, or of the
    same environment, to itself: whoever is awake already has the cause.

    Args:
        webhook: address that is told.
        scale: of every length of time.
    """

    def length(seconds: float) -> str:
        return f"{max(1, round(seconds * scale * 1000))}ms"

    return {
        "route": {
            "receiver": "people",
            "group_by": ["alertname", "model", "environment"],
            "group_wait": length(_WAIT),
            "group_interval": length(_AGAIN),
            "repeat_interval": length(_REPEAT),
            "routes": [{"matchers": ['severity="page"'], "receiver": "people", "group_wait": "0s"}],
        },
        "inhibit_rules": [
            {
                "source_matchers": ['severity="page"'],
                "target_matchers": ['severity="ticket"'],
                "equal": ["model", "environment", "version"],
            }
        ],
        "receivers": [
            {"name": "people", "webhook_configs": [{"url": webhook, "send_resolved": True, "max_alerts": 0}]}
        ],
    }
