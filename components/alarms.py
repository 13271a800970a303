"""What is watched on every variant: its error rate and its latency."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

_MINUTES = 3  # SageMaker's metrics are by the minute: two bad ones of three are no accident
_BAD_MINUTES = 2


class Limits(TypedDict):
    """What a variant may not exceed: percent of invocations answered with a 5XX, milliseconds of the model's p99."""

    max_error_rate_percent: float
    max_latency_ms: int


def watch(
    name: str, *, endpoint: str, variant: str, limits: Limits, opts: pulumi.ResourceOptions
) -> tuple[aws.cloudwatch.MetricAlarm, aws.cloudwatch.MetricAlarm]:
    """Declare one variant's alarms, errors and latency.

    Missing data stays missing (INSUFFICIENT_DATA): a variant without traffic has proved nothing, neither good nor bad
    (argo-rollouts#4479).
    """
    where = {"EndpointName": endpoint, "VariantName": variant}
    errors = aws.cloudwatch.MetricAlarm(
        f"{name}-errors",
        alarm_description=f"{variant} answers more than {limits['max_error_rate_percent']:g} % with a 5XX",
        namespace="AWS/SageMaker",
        metric_name="Invocation5XXErrors",
        dimensions=where,
        statistic="Average",  # SageMaker sends 1 for a 5XX and 0 otherwise: the average is the rate
        period=60,
        evaluation_periods=_MINUTES,
        datapoints_to_alarm=_BAD_MINUTES,
        comparison_operator="GreaterThanThreshold",
        threshold=limits["max_error_rate_percent"] / 100,
        treat_missing_data="missing",
        opts=opts,
    )
    latency = aws.cloudwatch.MetricAlarm(
        f"{name}-latency",
        alarm_description=f"{variant}'s p99 is above {limits['max_latency_ms']} ms",
        namespace="AWS/SageMaker",
        metric_name="ModelLatency",
        dimensions=where,
        extended_statistic="p99",
        period=60,
        evaluation_periods=_MINUTES,
        datapoints_to_alarm=_BAD_MINUTES,
        comparison_operator="GreaterThanThreshold",
        threshold=float(limits["max_latency_ms"] * 1000),  # ModelLatency is in microseconds
        treat_missing_data="missing",
        opts=opts,
    )
    return errors, latency
