"""Recording and alert rules for Prometheus, and their expected behaviour: one template, `rules.yml` made of it.

Burn rates after https://sre.google/workbook/alerting-on-slos/ (section 6, multi-window, multi-burn-rate), with a minimum of requests:
five errors of ten requests prove nothing. A value that is missing notifies somebody, and never acts.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

RULES = Path(__file__).with_name("rules.yml")
OBJECTIVE = 0.999  # share of invocations that are answered well
LEAST = 100  # requests without which a ratio proves nothing
_BY = "model, environment, version"
_SLOW = "delivery:p99_above_limit:bool"
_FAILED = 'status=~"5..|none"'
_RUNBOOK = "docs/monitoring.md#"
_HEAD = "# Made by `python -m monitoring.rules`, from monitoring/rules.py; a test holds the two together.\n"


@dataclass(frozen=True)
class Alert:
    """One alert.

    Attributes:
        name: as Alertmanager has it, and in lower case the heading of its runbook.
        expression: when it fires.
        after: seconds for which it must hold.
        severity: `page` wakes somebody, `ticket` waits for the morning.
        summary: what is wrong, in one sentence.
        remedy: what to type.
        action: what follows from it: `notify` tells somebody, `retrain` also has another model proposed.
    """

    name: str
    expression: str
    after: float
    severity: str
    summary: str
    remedy: str
    action: str = "notify"


class Windows:
    """Lengths of time, all by one scale: 1 for production, less where a fault is to be told in seconds."""

    def __init__(self, scale: float) -> None:
        self._scale = scale

    def __call__(self, seconds: float) -> str:
        """A length, in Prometheus' words."""
        return f"{max(1, round(seconds * self._scale * 1000))}ms" if self._scale != 1 else _duration(seconds)

    def seconds(self, seconds: float) -> float:
        """A length, as a number."""
        return seconds * self._scale


def _duration(seconds: float) -> str:
    whole = round(seconds)
    for unit, length in (("h", 3600), ("m", 60)):
        if whole % length == 0 and whole:
            return f"{whole // length}{unit}"
    return f"{whole}s"


_RATIOS = {"5m": 300, "30m": 1800, "1h": 3600, "6h": 21600}  # by the name that a recording has at scale 1
RATIO = "delivery:request_failures:ratio_rate"  # before a window: name of a recording, failed requests from 0 to 1
RATIO_WINDOWS = tuple(_RATIOS)
GROUPS = _RECORDS, _ALERTS = "model-delivery-records", "model-delivery-alerts"


def document(scale: float = 1.0, objective: float = OBJECTIVE) -> dict[str, Any]:
    """All rules, as Prometheus reads them.

    Args:
        scale: of every length of time.
        objective: share of invocations that are answered well, for example 0.999.
    """
    windows = Windows(scale)
    return {
        "groups": [
            {"name": _RECORDS, "rules": list(_records(windows))},
            {
                "name": _ALERTS,
                "rules": [_alert(alert, windows) for alert in alerts(windows, objective)],
            },
        ]
    }


def text(scale: float = 1.0, objective: float = OBJECTIVE) -> str:
    """`document` as a file."""
    return _HEAD + yaml.safe_dump(document(scale, objective), sort_keys=False, width=1000, allow_unicode=True)


def _records(windows: Windows) -> Iterator[dict[str, str]]:
    # One each: of an instance with two, the whole rule would have no value.
    info = "topk by (instance) (1, model_info)"
    for name, seconds in _RATIOS.items():
        window, rate = windows(seconds), f"delivery:requests:rate{name}"
        # The exporter's counters have the version as a label; a model server's own have it in `model_info` alone.
        named, unnamed = (f'rate(model_requests_total{{version{of}""}}[{window}])' for of in ("!=", "="))
        of_server = f"{unnamed} * on (instance) group_left (version) {info}"
        yield {"record": rate, "expr": f"sum by ({_BY}, status) ({named} or {of_server})"}
        # Both sides by version: without a failure there is no series of failures, and the ratio is 0, not missing.
        failed, every = f"sum by ({_BY}) ({rate}{{{_FAILED}}})", f"sum by ({_BY}) ({rate})"
        yield {
            "record": f"{RATIO}{name}",
            "expr": f"({failed} or 0 * {every}) / ({every} > 0)",
        }
        yield {
            "record": f"delivery:requests:increase{name}",
            "expr": f"{every} * {windows.seconds(seconds):g}",
        }
    yield {
        "record": _SLOW,
        "expr": f"model_request_seconds_p99 > bool on ({_BY}) delivery_latency_limit_seconds",
    }


def alerts(windows: Windows, objective: float) -> tuple[Alert, ...]:
    """Every alert; a page of a version, or an environment, silences its tickets (alertmanager.yml)."""
    budget = 1 - objective

    def burns(rate: float, long: str, short: str) -> str:
        ratio = "delivery:request_failures:ratio_rate"
        least = f"delivery:requests:increase{long} >= {LEAST}"
        limit = f"{rate * budget:.6g}"
        return f"{ratio}{long} > {limit} and {ratio}{short} > {limit} and {least}"

    def slow(minutes: int) -> str:
        # Of all minutes, not of those with a value: one slow minute in an hour with no other request is no half of it.
        return f"sum_over_time({_SLOW}[{windows(minutes * 60)}:{windows(60)}]) / {minutes} >= 0.5"

    back = (
        "`modelctl rollback --env {{ $labels.environment }} --reason …` where the version before was better"
    )
    look = "`modelctl status --env {{ $labels.environment }} --check` says what, and what to type"
    version = "{{ $labels.version }} of {{ $labels.model }} in {{ $labels.environment }}"
    place = "{{ $labels.model }} in {{ $labels.environment }}"
    serves = f'and on ({_BY}) delivery_weight{{kind="actual"}} > 0'
    failing = "fails {{ $value | humanizePercentage }} of its requests"
    return (
        Alert(
            "ErrorBudgetBurnsFast", burns(14.4, "1h", "5m"), 0, "page",
            f"{version} {failing}: at this rate a month's error budget is gone in two days", back,
        ),
        Alert(
            "ErrorBudgetBurnsSlowly", burns(6, "6h", "30m"), 0, "ticket",
            f"{version} {failing}: at this rate a month's error budget is gone in five days", back,
        ),
        Alert(
            "LatencyHigh", f"{slow(30)} and {slow(5)} and delivery:requests:increase30m >= {LEAST}", 0, "page",
            f"{version} answers one of 100 requests later than its limit, in {{{{ $value | humanizePercentage }}}} of the last half hour",
            back,
        ),
        Alert(
            "RejectedVersionServes",
            f'delivery_weight{{kind="actual"}} > 0 and on ({_BY}) delivery_rejected == 1', 120, "page",
            f"{version} is rejected and has {{{{ $value | humanizePercentage }}}} of the traffic",
            "`modelctl rollback --env {{ $labels.environment }} --reason …`",
        ),
        Alert(
            "EndpointBroken", 'delivery_findings{grade="broken"} > 0', 60, "page",
            f"the endpoint of {place} is broken ({{{{ $labels.code }}}})", look,
        ),
        Alert(
            "EndpointDegraded", 'delivery_findings{grade="degraded",code!~"move-unfinished|rejected-serves"} > 0', 600, "ticket",
            f"the endpoint of {place} is not as it should be ({{{{ $labels.code }}}})", look,
        ),
        Alert(
            "TrafficDiverges", "delivery_divergence > 0", 300, "ticket",
            f"journal and endpoint of {place} contradict each other", look,
        ),
        Alert(
            "MoveStuck",
            'delivery_findings{code="move-unfinished"} > 0 or on (model, environment) delivery_intent_age_seconds > '
            f"{windows.seconds(1800):g}", 60, "ticket",
            f"a move of traffic, or a change of the fleet, of {place} does not end", look,
        ),
        Alert(
            "CaptureStopped",
            f"delivery_capture_age_seconds > {windows.seconds(1800):g} and on ({_BY}) delivery:requests:increase30m "
            f"* on (model, environment) group_left () delivery_capture_ratio >= {LEAST}", 600, "ticket",
            f"{version} is asked, and nothing of it was captured for {{{{ $value | humanizeDuration }}}}",
            "`modelctl status --env {{ $labels.environment }} --check`, and look at the disk of its instances",
        ),
        Alert(
            "DataDrift", f'count by ({_BY}) (delivery_drift{{severity="drift"}}) {serves}', 0, "ticket",
            f"what {version} is asked has changed for two windows in a row, in {{{{ $value }}}} columns",
            "`modelctl status --env {{ $labels.environment }}` names them; whether the model is worse for it, labels tell",
        ),
        Alert(
            "ModelWorse", f"model_quality_worse == 1 {serves}", 0, "ticket",
            f"{version} predicts worse than it did, by its labels",
            "`python -m tools.react --env {{ $labels.environment }}` proposes a retrained model", "retrain",
        ),
        Alert(
            "VerdictMissing", f"delivery_verdict_overdue_seconds > 0 {serves}", 3600, "ticket",
            f"{version} was not judged for {{{{ $labels.of }}}} when it should have been, {{{{ $value | humanizeDuration }}}} ago",
            "`modelctl status --env {{ $labels.environment }}`, and look at the log of the job that judges",
        ),
        Alert(
            "SourceDown", "delivery_up == 0", 600, "ticket",
            f"{{{{ $labels.source }}}} of {place} cannot be read: what it would say is not known", look,
        ),
        Alert(
            "ExporterDown", 'up{job="model-delivery"} == 0 or absent(up{job="model-delivery"})', 300, "ticket",
            "the exporter does not answer: no other alert of weights, holds and requests can fire",
            "see the log of `python -m monitoring`, and start it again",
        ),
    )  # fmt: skip


def _alert(alert: Alert, windows: Windows) -> dict[str, Any]:
    rule: dict[str, Any] = {"alert": alert.name, "expr": alert.expression}
    if alert.after:
        rule["for"] = windows(alert.after)
    return rule | {
        "labels": {"severity": alert.severity, "action": alert.action},
        "annotations": {
            "summary": alert.summary,
            "remedy": alert.remedy,
            "runbook": f"{_RUNBOOK}{alert.name.lower()}",
        },
    }


def main() -> int:
    """Write rules.yml again; returns the exit status."""
    RULES.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
