"""A report as CloudWatch's metrics, in the namespace `ModelDelivery`.

| metric | dimensions | says |
|---|---|---|
| `DriftRows`, `DriftRefused` | Endpoint, Version | rows of the window; what of it could not be read |
| `DriftColumns` | Endpoint, Version, Severity | columns that moved, columns that are drift; none of a window that could not be judged |
| `DriftRatio` | Endpoint, Version, Column | index as a multiple of the column's limit: from 1 on it moved, if chance does not explain it |

They are of the moment in which they are told, since CloudWatch takes none that is older than two weeks.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.data_drift.report import Report, Severity

NAMESPACE = "ModelDelivery"
_MOST = 1000  # of one call


def data(report: Report, endpoint: str) -> Iterator[dict[str, Any]]:
    """PutMetricData's entries."""
    of = {"Endpoint": endpoint, "Version": report.version}
    yield _datum("DriftRows", report.rows, of)
    yield _datum("DriftRefused", sum(report.refused.values()), of)
    if report.severity is Severity.UNJUDGED:
        return
    for severity in (Severity.MOVED, Severity.DRIFT):
        count = sum(column.severity is severity for column in report.columns)
        yield _datum("DriftColumns", count, of | {"Severity": str(severity)})
    for column in report.columns:
        yield _datum("DriftRatio", column.index / column.limit, of | {"Column": column.name}, unit="None")


def tell(report: Report, endpoint: str) -> None:
    """Send them. Raises botocore.exceptions.ClientError, BotoCoreError."""
    import boto3  # noqa: PLC0415 - half a second that whoever tells nobody need not wait for

    send(report, endpoint, boto3.client("cloudwatch"))


def send(report: Report, endpoint: str, client: Any) -> None:
    """Send them by a client of CloudWatch. Raises as `tell`."""
    entries = list(data(report, endpoint))
    for start in range(0, len(entries), _MOST):
        client.put_metric_data(Namespace=NAMESPACE, MetricData=entries[start : start + _MOST])


def _datum(name: str, value: float, dimensions: Mapping[str, str], unit: str = "Count") -> dict[str, Any]:
    return {
        "MetricName": name,
        "Value": float(value),
        "Unit": unit,
        "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
    }
