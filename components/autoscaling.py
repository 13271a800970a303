"""A variant's instances follow its traffic."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

_NAMESPACE = "sagemaker"
_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_SCALE_OUT_SECONDS = 60  # SageMaker's metrics are by the minute
_SCALE_IN_SECONDS = (
    300  # slow: a fallback that has just lost its traffic should still be warm when called back
)


class Capacity(TypedDict):
    """Instances of one version, and how many invocations a minute one of them is to take."""

    type: str
    min: int
    max: int
    target_invocations_per_minute: int


def autoscale(
    name: str, *, endpoint: str, variant: str, capacity: Capacity, opts: pulumi.ResourceOptions
) -> aws.appautoscaling.Policy:
    """Declare one variant's scaling target and policy.

    `opts` must depend on the endpoint: a target can only be registered on a variant that exists
    (terraform-provider-aws#14337). Names are plain texts, not the endpoint's outputs, which an update's preview does
    not know: an unknown resource id would show as a replacement.
    """
    # SageMaker changes a variant's instance type only when it is no scaling target, so the endpoint's update takes the
    # registration away; both are made again after it.
    opts = pulumi.ResourceOptions.merge(
        opts, pulumi.ResourceOptions(replacement_trigger=capacity["type"], delete_before_replace=True)
    )
    target = aws.appautoscaling.Target(
        name,
        service_namespace=_NAMESPACE,
        scalable_dimension=_DIMENSION,
        resource_id=f"endpoint/{endpoint}/variant/{variant}",
        min_capacity=capacity["min"],
        max_capacity=capacity["max"],
        opts=opts,
    )
    return aws.appautoscaling.Policy(
        name,
        service_namespace=target.service_namespace,
        scalable_dimension=target.scalable_dimension,
        resource_id=target.resource_id,
        policy_type="TargetTrackingScaling",
        target_tracking_scaling_policy_configuration={
            "predefined_metric_specification": {
                "predefined_metric_type": "SageMakerVariantInvocationsPerInstance"
            },
            "target_value": float(capacity["target_invocations_per_minute"]),
            "scale_out_cooldown": _SCALE_OUT_SECONDS,
            "scale_in_cooldown": _SCALE_IN_SECONDS,
        },
        opts=opts,
    )
