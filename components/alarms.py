"""What is watched on every variant: its error rate and its latency, and who is told."""

from collections.abc import Mapping
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

_MINUTES = 3  # SageMaker's metrics are by the minute: two bad ones of three are no accident
_BAD_MINUTES = 2
_PERIOD = 60  # seconds

# InvocationModelErrors counts every answer that is not a 2XX: 4XX, which are the client's, 5XX, and what Invocation5XXErrors does
# not know, time-outs and broken connections of a container that hangs or has died. So the failures are the greater of the 5XX and
# of all errors without the 4XX: a 5XX, which is in both, counts once. An error metric without data counts as no error; without
# invocations there is no rate, and no data.
# https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
ERROR_RATE = "MAX([FILL(errors5xx, 0), FILL(failed, 0) - FILL(errors4xx, 0)]) / invocations"
_OF_THE_RATE = {
    "invocations": "Invocations",
    "failed": "InvocationModelErrors",
    "errors4xx": "Invocation4XXErrors",
    "errors5xx": "Invocation5XXErrors",
}


class Limits(TypedDict):
    """What a variant may not exceed: percent of invocations that fail, milliseconds of the model's p99."""

    max_error_rate_percent: float
    max_latency_ms: int


class Watched(TypedDict):
    """Names of one variant's alarms."""

    errors: pulumi.Output[str]
    latency: pulumi.Output[str]


def watch(
    name: str,
    *,
    endpoint: str,
    variant: str,
    limits: Limits,
    topic: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> Watched:
    """Declare one variant's alarms, errors and latency; their names.

    Missing data stays missing (INSUFFICIENT_DATA): a variant without traffic has proved nothing, neither good nor bad
    (argo-rollouts#4479).

    Args:
        name: what the resources' names begin with.
        endpoint: SageMaker's name of the endpoint.
        variant: SageMaker's name of the variant.
        limits: what it may not exceed.
        topic: ARN of the SNS topic that is told when an alarm goes off, and when it is over.
        opts: resource options.
    """
    where = {"EndpointName": endpoint, "VariantName": variant}
    errors = aws.cloudwatch.MetricAlarm(
        f"{name}-errors",
        alarm_description=f"more than {limits['max_error_rate_percent']:g} % of {variant}'s invocations fail: 5XX, time-outs, "
        "broken connections",
        metric_queries=error_rate(where),
        evaluation_periods=_MINUTES,
        datapoints_to_alarm=_BAD_MINUTES,
        comparison_operator="GreaterThanThreshold",
        threshold=limits["max_error_rate_percent"] / 100,
        treat_missing_data="missing",
        alarm_actions=[topic],
        ok_actions=[topic],
        opts=opts,
    )
    latency = aws.cloudwatch.MetricAlarm(
        f"{name}-latency",
        alarm_description=f"{variant}'s p99 is above {limits['max_latency_ms']} ms",
        namespace="AWS/SageMaker",
        metric_name="ModelLatency",
        dimensions=where,
        extended_statistic="p99",
        period=_PERIOD,
        evaluation_periods=_MINUTES,
        datapoints_to_alarm=_BAD_MINUTES,
        comparison_operator="GreaterThanThreshold",
        threshold=float(limits["max_latency_ms"] * 1000),  # ModelLatency is in microseconds
        treat_missing_data="missing",
        alarm_actions=[topic],
        ok_actions=[topic],
        opts=opts,
    )
    return {"errors": errors.name, "latency": latency.name}


def error_rate(where: Mapping[str, str]) -> list[Any]:
    """The share of invocations that fail, of the variant whose dimensions these are."""
    rate = {
        "id": "rate",
        "expression": ERROR_RATE,
        "label": "share of invocations that fail",
        "return_data": True,
    }
    return [rate, *({"id": id_, "metric": _sum(metric, where)} for id_, metric in _OF_THE_RATE.items())]


def _sum(metric: str, where: Mapping[str, str]) -> Any:
    return {
        "namespace": "AWS/SageMaker",
        "metric_name": metric,
        "dimensions": dict(where),
        "period": _PERIOD,
        "stat": "Sum",
    }
