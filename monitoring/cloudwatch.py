"""What CloudWatch measured of an endpoint's variants, by the minute: one call of GetMetricData, more only where it has pages.

Names, units and dimensions: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from modeldelivery.release.aws.errors import ask
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.client import CloudWatchClient

MINUTE = 60  # seconds: the period of SageMaker's metrics
_INVOCATIONS, _INSTANCES = "AWS/SageMaker", "/aws/sagemaker/Endpoints"


@dataclass(frozen=True)
class Figure:
    """One statistic of one metric of a variant.

    Attributes:
        namespace, metric: CloudWatch's.
        statistic: of one minute.
    """

    namespace: str
    metric: str
    statistic: str


INVOCATIONS = Figure(_INVOCATIONS, "Invocations", "Sum")
FAILED = Figure(_INVOCATIONS, "InvocationModelErrors", "Sum")  # every answer that is no 2XX, and none at all
ERRORS_4XX = Figure(_INVOCATIONS, "Invocation4XXErrors", "Sum")
ERRORS_5XX = Figure(_INVOCATIONS, "Invocation5XXErrors", "Sum")
LATENCY = Figure(_INVOCATIONS, "ModelLatency", "Sum")  # microseconds
LATENCIES = Figure(_INVOCATIONS, "ModelLatency", "SampleCount")
CPU = Figure(_INSTANCES, "CPUUtilization", "Average")  # percent of one core
MEMORY = Figure(_INSTANCES, "MemoryUtilization", "Average")  # percent
DISK = Figure(_INSTANCES, "DiskUtilization", "Average")  # percent
GPU = Figure(_INSTANCES, "GPUUtilization", "Average")  # percent of one GPU
GPU_MEMORY = Figure(_INSTANCES, "GPUMemoryUtilization", "Average")  # percent of one GPU's

FIGURES = (
    INVOCATIONS, FAILED, ERRORS_4XX, ERRORS_5XX, LATENCY, LATENCIES, CPU, MEMORY, DISK, GPU, GPU_MEMORY,
)  # fmt: skip

Minutes = Mapping[int, float]  # by the second in which the minute begins


def read(
    client: "CloudWatchClient", endpoint: str, versions: Collection[Version], since: int, until: int
) -> dict[tuple[Version, Figure], Minutes]:
    """Every figure of every version, of the minutes within [since, until), both in seconds and whole minutes.

    Raises:
        DeliveryError: CloudWatch did not answer, or not wholly.
    """
    wanted = {f"m{at}": (version, figure) for at, (version, figure) in enumerate(_each(versions))}
    if not wanted:
        return {}
    figures: dict[tuple[Version, Figure], dict[int, float]] = {key: {} for key in wanted.values()}
    request: dict[str, Any] = {
        "MetricDataQueries": [_query(name, endpoint, *key) for name, key in wanted.items()],
        "StartTime": datetime.fromtimestamp(since, UTC),
        "EndTime": datetime.fromtimestamp(until, UTC),
    }
    while True:
        page = ask(f"cloudwatch:GetMetricData {endpoint}", lambda: client.get_metric_data(**request))
        for result in page["MetricDataResults"]:
            values = figures[wanted[result["Id"]]]
            for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                values[int(moment.timestamp())] = float(value)
        if "NextToken" not in page:
            return dict(figures)
        request["NextToken"] = page["NextToken"]


def _each(versions: Collection[Version]) -> list[tuple[Version, Figure]]:
    return [(version, figure) for version in sorted(versions) for figure in FIGURES]


def _query(name: str, endpoint: str, version: Version, figure: Figure) -> dict[str, Any]:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": figure.namespace,
                "MetricName": figure.metric,
                "Dimensions": [
                    {"Name": "EndpointName", "Value": endpoint},
                    {"Name": "VariantName", "Value": variant_name(version)},
                ],
            },
            "Period": MINUTE,
            "Stat": figure.statistic,
        },
    }
