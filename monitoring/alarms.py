"""What the environment's own CloudWatch alarms allow: the limits that were deployed, whatever config says by now."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from modeldelivery.release.aws.errors import ask
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version
from monitoring import series
from monitoring.series import Sample

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.client import CloudWatchClient

_LATENCY = ("AWS/SageMaker", "ModelLatency", "p99")
_MICROSECONDS = 1e6


def samples(client: "CloudWatchClient", endpoint: str, versions: Collection[Version]) -> Iterator[Sample]:
    """The latency that each version may have; none of a version without such an alarm.

    Raises:
        DeliveryError: CloudWatch did not answer.
    """
    by_variant = {variant_name(version): version for version in versions}
    request: dict[str, Any] = {"AlarmNamePrefix": f"{endpoint}-", "AlarmTypes": ["MetricAlarm"]}
    while True:
        page = ask("cloudwatch:DescribeAlarms", lambda: client.describe_alarms(**request))
        for alarm in page["MetricAlarms"]:
            variant = _watched(alarm, endpoint)
            if variant in by_variant:
                yield Sample(series.LATENCY_LIMIT, (by_variant[variant],), alarm["Threshold"] / _MICROSECONDS)
        if "NextToken" not in page:
            return
        request["NextToken"] = page["NextToken"]


def _watched(alarm: Any, endpoint: str) -> str:
    """The variant of the endpoint whose p99 an alarm watches; "" of another alarm."""
    what = (alarm.get("Namespace"), alarm.get("MetricName"), alarm.get("ExtendedStatistic"))
    where = {each["Name"]: each["Value"] for each in alarm.get("Dimensions", ())}
    if what != _LATENCY or where.get("EndpointName") != endpoint:
        return ""
    return str(where.get("VariantName", ""))
