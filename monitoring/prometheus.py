"""Prometheus' own file: what it scrapes, how often, by which rules, and whom it tells."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from modeldelivery.release.naming import Environment, Model

JOB = "model-delivery"
_INTERVAL = 15.0  # seconds between two scrapes at scale 1
_SHORTEST = 1.0  # seconds


def target(exporter: str, model: Model, environment: Environment) -> dict[str, Any]:
    """What is scraped of one environment, as `file_sd_configs` reads it: where nothing answers, it is known of what.

    Args:
        exporter: its HOST:PORT.
        model: what it watches.
        environment: likewise.
    """
    return {"targets": [exporter], "labels": {"model": model, "environment": environment}}


def document(
    targets: Sequence[Mapping[str, Any]], alertmanagers: Sequence[str], rules: Path, scale: float = 1.0
) -> dict[str, Any]:
    """The file, as Prometheus reads it.

    Args:
        targets: of each exporter, as `static_configs` has them.
        alertmanagers: HOST:PORT of each.
        rules: the file of rules.
        scale: of every length of time.
    """
    interval = f"{max(_SHORTEST, _INTERVAL * scale):g}s"
    return {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "rule_files": [str(rules)],
        # The exporter's own labels are kept: one that watches several environments tells them apart by them.
        "scrape_configs": [
            {"job_name": JOB, "honor_labels": True, "static_configs": [dict(each) for each in targets]}
        ],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": list(alertmanagers)}]}]},
    }
