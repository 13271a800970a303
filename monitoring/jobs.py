"""What CloudWatch measured of training and processing jobs of the last hours, whichever began them.

Names and dimensions: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html (jobs: `Host` is JOB/algo-N).
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from modeldelivery.release.aws.errors import ask
from monitoring import series
from monitoring.cloudwatch import Figure, minutes_of
from monitoring.cloudwatch import Series as Measured
from monitoring.series import Sample, Series

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.client import CloudWatchClient

_PERCENT = 100
_MOST = 500  # series in one call of GetMetricData
_NAMESPACES = {"training": "/aws/sagemaker/TrainingJobs", "processing": "/aws/sagemaker/ProcessingJobs"}
_SERIES: Mapping[str, Series] = {
    "CPUUtilization": series.JOB_CPU,
    "MemoryUtilization": series.JOB_MEMORY,
    "DiskUtilization": series.JOB_DISK,
    "GPUUtilization": series.JOB_GPU,
    "GPUMemoryUtilization": series.JOB_GPU_MEMORY,
}


def samples(client: "CloudWatchClient", since: int, until: int) -> Iterator[Sample]:
    """The newest minute of each host that was measured within [since, until), in seconds and whole minutes.

    Raises:
        DeliveryError: CloudWatch did not answer.
    """
    listed = {
        measured: (_SERIES[measured.figure.metric], (kind, *_host(measured)))
        for kind, namespace in _NAMESPACES.items()
        for measured in _active(client, namespace)
    }
    wanted = sorted(listed, key=lambda each: (each.dimensions, each.figure.metric))
    for first in range(0, len(wanted), _MOST):
        for measured, minutes in minutes_of(client, wanted[first : first + _MOST], since, until).items():
            if minutes:
                of, labels = listed[measured]
                yield Sample(of, labels, minutes[max(minutes)] / _PERCENT)


def _active(client: "CloudWatchClient", namespace: str) -> Iterator[Measured]:
    """Whatever was measured within three hours: CloudWatch knows no shorter time, and without one lists two weeks."""
    request: dict[str, Any] = {"Namespace": namespace, "RecentlyActive": "PT3H"}
    while True:
        page = ask(f"cloudwatch:ListMetrics {namespace}", lambda: client.list_metrics(**request))
        for metric in page["Metrics"]:
            dimensions = tuple((each["Name"], each["Value"]) for each in metric["Dimensions"])
            if metric["MetricName"] in _SERIES and [name for name, _ in dimensions] == ["Host"]:
                yield Measured(Figure(namespace, metric["MetricName"], "Average"), dimensions)
        if "NextToken" not in page:
            return
        request["NextToken"] = page["NextToken"]


def _host(measured: Measured) -> tuple[str, str]:
    """A job's name, and which of its instances it is."""
    job, _, host = measured.dimensions[0][1].partition("/")
    return job, host
