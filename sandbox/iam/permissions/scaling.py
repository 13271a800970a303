"""Application Auto Scaling: the caller needs what it does for the caller on SageMaker and CloudWatch as well.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_applicationautoscaling.html
https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html
"""

from collections.abc import Iterator

from sandbox.iam.core.access import Context, Need
from sandbox.iam.operation import Operation
from sandbox.iam.permissions.rule import Estate, Rule, Rules, derived

_PREFIX = "application-autoscaling"
_SLR = "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
SCALING_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"


def _of_target(call: str) -> Rule:
    def rule(operation: Operation, estate: Estate) -> Iterator[Need]:
        resource = operation.text("ResourceId")
        arn = estate.scalable_target(operation.account, operation.region, resource)
        yield Need(
            f"{_PREFIX}:{call}",
            arn,
            Context(
                {
                    f"{_PREFIX}:service-namespace": operation.text("ServiceNamespace"),
                    f"{_PREFIX}:scalable-dimension": operation.text("ScalableDimension"),
                }
            ),
        )
        yield from _for_the_caller(call, operation, estate)

    return rule


def _for_the_caller(call: str, operation: Operation, estate: Estate) -> Iterator[Need]:
    where = f"{operation.region}:{operation.account}"
    resource = operation.text("ResourceId")
    if call == "RegisterScalableTarget" and operation.text("ServiceNamespace") == "sagemaker":
        endpoint = f"arn:aws:sagemaker:{where}:{'/'.join(resource.split('/')[:2])}"
        yield Need("sagemaker:DescribeEndpoint", endpoint)
        yield Need("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint)
        if not estate.has_scaling_role(operation.account):
            yield Need(
                "iam:CreateServiceLinkedRole",
                f"arn:aws:iam::{operation.account}:{_SLR}{SCALING_ROLE}",
                Context({"iam:awsservicename": "sagemaker.application-autoscaling.amazonaws.com"}),
            )
    if call in {"PutScalingPolicy", "DeleteScalingPolicy"}:
        alarm = f"arn:aws:cloudwatch:{where}:alarm:"
        did = "PutMetricAlarm" if call == "PutScalingPolicy" else "DeleteAlarms"
        yield Need("cloudwatch:DescribeAlarms", f"{alarm}*")
        yield Need(f"cloudwatch:{did}", f"{alarm}TargetTracking-{resource}-*")


RULES: Rules = {
    **{
        call: _of_target(call)
        for call in (
            *("RegisterScalableTarget", "DeregisterScalableTarget"),
            *("PutScalingPolicy", "DeleteScalingPolicy"),
        )
    },
    **derived(
        _PREFIX,
        _PREFIX,
        {"ResourceARN": ""},
        (
            *("DescribeScalableTargets", "DescribeScalingPolicies"),
            *("ListTagsForResource", "TagResource", "UntagResource"),
        ),
    ),
}
