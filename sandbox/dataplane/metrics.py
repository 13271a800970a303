"""CloudWatch metrics of invocations, summed here and handed over in batches."""

from dataclasses import dataclass, field
from typing import Any

_MICROSECONDS = 1e6


@dataclass
class _Spread:
    total: float = 0.0
    least: float = float("inf")
    most: float = 0.0

    def add(self, value: float) -> None:
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)


@dataclass
class _Sums:
    count: int = 0
    errors4: int = 0
    errors5: int = 0
    failed: int = 0
    model: _Spread = field(default_factory=_Spread)  # seconds
    overhead: _Spread = field(default_factory=_Spread)  # seconds


class Metrics:
    """Sums since the last batch, per account, endpoint and variant."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str, str], _Sums] = {}

    def count(
        self, account: str, endpoint: str, variant: str, status: int | None, *, model: float, total: float
    ) -> None:
        """One invocation: the model's HTTP status, its latency and the whole latency, both in seconds.

        Without a status the model did not answer, in time or at all: that is in InvocationModelErrors alone, which counts
        every answer that is not a 2XX.
        """
        sums = self._sums.get((account, endpoint, variant))
        if sums is None:
            sums = self._sums[account, endpoint, variant] = _Sums()
        sums.count += 1
        kind = status // 100 if status else 0  # HTTP's classes
        sums.errors4 += kind == 4  # noqa: PLR2004
        sums.errors5 += kind == 5  # noqa: PLR2004
        sums.failed += kind != 2  # noqa: PLR2004
        sums.model.add(model)
        sums.overhead.add(total - model)

    def take(self) -> list[dict[str, Any]]:
        """The batch since the last call: `{account, metrics}` with metrics in PutMetricData's shape."""
        taken, self._sums = self._sums, {}
        return [{"account": key[0], "metrics": _data(key[1], key[2], sums)} for key, sums in taken.items()]


def _data(endpoint: str, variant: str, sums: _Sums) -> list[dict[str, Any]]:
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]

    def datum(name: str, unit: str, total: float, least: float, most: float) -> dict[str, Any]:
        return {
            "MetricName": name,
            "Dimensions": dimensions,
            "Unit": unit,
            "StatisticValues": {"SampleCount": sums.count, "Sum": total, "Minimum": least, "Maximum": most},
        }

    def errors(name: str, count: int) -> dict[str, Any]:
        return datum(name, "None", count, int(count == sums.count), int(count > 0))

    def latency(name: str, spread: _Spread) -> dict[str, Any]:
        return datum(
            name, "Microseconds", *(v * _MICROSECONDS for v in (spread.total, spread.least, spread.most))
        )

    return [
        datum("Invocations", "None", sums.count, 1, 1),
        errors("Invocation4XXErrors", sums.errors4),
        errors("Invocation5XXErrors", sums.errors5),
        errors("InvocationModelErrors", sums.failed),
        latency("ModelLatency", sums.model),
        latency("OverheadLatency", sums.overhead),
    ]
