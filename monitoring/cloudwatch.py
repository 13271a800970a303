"""What CloudWatch measured, by the minute: one call of GetMetricData, more only where it has pages.

Names, units and dimensions: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from modeldelivery.release.aws.errors import ask
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.client import CloudWatchClient

_COMPLETE = "Complete"  # of a query whose every figure was answered
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
SLOWEST = Figure(_INVOCATIONS, "ModelLatency", "p99")  # microseconds
CPU = Figure(_INSTANCES, "CPUUtilization", "Average")  # percent of one core
MEMORY = Figure(_INSTANCES, "MemoryUtilization", "Average")  # percent
DISK = Figure(_INSTANCES, "DiskUtilization", "Average")  # percent
GPU = Figure(_INSTANCES, "GPUUtilization", "Average")  # percent of one GPU
GPU_MEMORY = Figure(_INSTANCES, "GPUMemoryUtilization", "Average")  # percent of one GPU's

FIGURES = (
    INVOCATIONS, FAILED, ERRORS_4XX, ERRORS_5XX, LATENCY, LATENCIES, SLOWEST, CPU, MEMORY, DISK, GPU, GPU_MEMORY,
)  # fmt: skip

Minutes = Mapping[int, float]  # by the second in which the minute begins


@dataclass(frozen=True)
class Series:
    """One figure of whatever these dimensions tell."""

    figure: Figure
    dimensions: tuple[tuple[str, str], ...]


def read(
    client: "CloudWatchClient", endpoint: str, versions: Collection[Version], since: int, until: int
) -> dict[tuple[Version, Figure], Minutes]:
    """Every figure of every version, of the minutes within [since, until), both in seconds and whole minutes.

    Raises:
        DeliveryError: CloudWatch did not answer, or not wholly.
    """
    wanted = {
        (version, figure): Series(
            figure, (("EndpointName", endpoint), ("VariantName", variant_name(version)))
        )
        for version in sorted(versions)
        for figure in FIGURES
    }
    measured = minutes_of(client, list(wanted.values()), since, until)
    return {key: measured[series] for key, series in wanted.items()}


def minutes_of(
    client: "CloudWatchClient", wanted: Sequence[Series], since: int, until: int
) -> dict[Series, Minutes]:
    """The minutes of each series within [since, until), in one call and its pages; 500 series at most, AWS' own limit.

    Raises:
        DeliveryError: CloudWatch did not answer, or not wholly.
    """
    if not wanted:
        return {}
    named = {f"m{at}": series for at, series in enumerate(wanted)}
    figures: dict[Series, dict[int, float]] = {series: {} for series in wanted}
    request: dict[str, Any] = {
        "MetricDataQueries": [_query(name, series) for name, series in named.items()],
        "StartTime": datetime.fromtimestamp(since, UTC),
        "EndTime": datetime.fromtimestamp(until, UTC),
    }
    unfinished: dict[str, str] = {}  # by query, why it is not answered wholly yet
    while True:
        page = ask("cloudwatch:GetMetricData", lambda: client.get_metric_data(**request))
        for result in page["MetricDataResults"]:
            unfinished[result["Id"]] = result.get("StatusCode", _COMPLETE)
            values = figures[named[result["Id"]]]
            for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                values[int(moment.timestamp())] = float(value)
        if "NextToken" not in page:
            if why := sorted(set(unfinished.values()) - {_COMPLETE}):
                raise UnreachableError(f"cloudwatch:GetMetricData did not answer wholly: {', '.join(why)}")
            return dict(figures)
        request["NextToken"] = page["NextToken"]


def _query(name: str, series: Series) -> dict[str, Any]:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": series.figure.namespace,
                "MetricName": series.figure.metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
            },
            "Period": MINUTE,
            "Stat": series.figure.statistic,
        },
    }
