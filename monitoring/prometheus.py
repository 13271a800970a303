"""Prometheus' own file: what it scrapes, how often, by which rules, and whom it tells."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

JOB = "model-delivery"
_INTERVAL = 15.0  # seconds between two scrapes at scale 1
_SHORTEST = 1.0  # seconds


def document(
    exporters: Sequence[str], alertmanagers: Sequence[str], rules: Path, scale: float = 1.0
) -> dict[str, Any]:
    """The file, as Prometheus reads it.

    Args:
        exporters: HOST:PORT of each.
        alertmanagers: HOST:PORT of each.
        rules: the file of rules.
        scale: of every length of time.
    """
    interval = f"{max(_SHORTEST, _INTERVAL * scale):g}s"
    return {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "rule_files": [str(rules)],
        "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": list(exporters)}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": list(alertmanagers)}]}]},
    }
