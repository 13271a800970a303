"""What a Prometheus says of an environment: the alerts that fire, and how fast the error budget burns.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from http.client import HTTPException
from typing import Any, TypeAlias
from urllib.parse import quote
from urllib.request import urlopen

from monitoring.page.subject import Alert, Burn, Missing, Prometheus
from monitoring.rules import GROUPS, RATIO, RATIO_WINDOWS

_SECONDS = 5.0  # that an answer may take
Ask: TypeAlias = Callable[[str], Mapping[str, Any]]


def read(address: str | None, model: str, environment: str) -> Prometheus | Missing:
    """Ask it; a part that is missing says why.

    Args:
        address: `http://HOST:PORT`; None where none is named.
        model: whose alerts are wanted.
        environment: likewise.
    """
    if address is None:
        return Missing("no Prometheus was named: --prometheus http://HOST:PORT")
    if not address.startswith(("http://", "https://")):
        return Missing(f"{address!r} is no address: --prometheus http://HOST:PORT")
    try:
        return of(lambda path: _get(f"{address.rstrip('/')}/api/v1/{path}"), model, environment)
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        return Missing(f"{address} does not tell: {error}")


def of(ask: Ask, model: str, environment: str) -> Prometheus:
    """Of its answers, by path below `/api/v1/`; raises KeyError, TypeError and ValueError for what is none of Prometheus'.

    One that has not this project's rules watches nothing: that no alert of theirs fires there says nothing.
    """
    loaded = {each["name"] for each in ask("rules")["data"]["groups"]}
    if absent := [name for name in GROUPS if name not in loaded]:
        raise ValueError(f"it has no rules {', '.join(absent)}: load monitoring/rules.yml")
    alerts = [
        Alert(
            name=each["labels"]["alertname"],
            severity=each["labels"].get("severity", ""),
            summary=each["annotations"].get("summary", ""),
            remedy=each["annotations"].get("remedy", ""),
            since=datetime.fromisoformat(each["activeAt"]),
        )
        for each in ask("alerts")["data"]["alerts"]
        if each["state"] == "firing"
        and each["labels"].get("model", model) == model
        and each["labels"].get("environment", environment) == environment
    ]
    ratios: dict[str, dict[str, float]] = {}
    for window in RATIO_WINDOWS:
        expression = f'{RATIO}{window}{{model="{model}",environment="{environment}"}}'
        for series in ask(f"query?query={quote(expression)}")["data"]["result"]:
            ratios.setdefault(series["metric"].get("version", ""), {})[window] = float(series["value"][1])
    return Prometheus(
        alerts=sorted(alerts, key=lambda alert: (alert.severity, alert.since)),
        burns=[Burn(version, by_window) for version, by_window in sorted(ratios.items())],
    )


def _get(address: str) -> Mapping[str, Any]:
    with urlopen(address, timeout=_SECONDS) as response:  # noqa: S310 - http or https, as was checked
        document: Mapping[str, Any] = json.load(response)
    return document
