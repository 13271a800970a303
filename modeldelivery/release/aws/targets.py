"""Scaling targets of an endpoint's variants: read, taken away for a change that SageMaker refuses with them, and put back.

A target's policies go with it, so both are read before and made again after, under the same names: whoever else manages them
(pulumi-aws, Terraform) finds what it knows.
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from modeldelivery.release.aws.errors import ask, find
from modeldelivery.release.core.journal import Parked
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.client import ApplicationAutoScalingClient

_DIMENSION: Final = "sagemaker:variant:DesiredInstanceCount"
_SERVICE: Final = "application-autoscaling"
_OF_A_POLICY = (
    "PolicyName",
    "PolicyType",
    "StepScalingPolicyConfiguration",
    "TargetTrackingScalingPolicyConfiguration",
)


class ScalingTargets(msgspec.Struct, frozen=True, kw_only=True):
    """The targets of one endpoint. Every call may be repeated.

    Attributes:
        autoscaling: a patient client.
        endpoint: SageMaker's name of the endpoint.
    """

    autoscaling: "ApplicationAutoScalingClient"
    endpoint: str

    def registered(self, versions: Collection[Version]) -> dict[Version, Parked]:
        """The scaling of those versions that are scaled, as it is."""
        names = {self._resource(v): v for v in versions}
        if not names:
            return {}
        response = ask(
            f"{_SERVICE}:DescribeScalableTargets {self.endpoint}",
            lambda: self.autoscaling.describe_scalable_targets(
                ServiceNamespace="sagemaker", ResourceIds=list(names)
            ),
        )
        return {
            names[target["ResourceId"]]: self._parked(target)
            for target in response["ScalableTargets"]
            if target["ResourceId"] in names
        }

    def park(self, versions: Collection[Version]) -> None:
        """Take targets away, and their policies with them. What is registered no more is done."""
        for version in versions:
            self._deregister(self._place(version))

    def put_back(self, parked: Mapping[Version, Parked]) -> None:
        """Make targets and policies again as they were; what is there already stays as it was."""
        for version, scaling in parked.items():
            self._register(self._place(version), scaling)
            for policy in scaling.policies:
                self._put_policy(self._place(version), policy)

    def _deregister(self, place: Any) -> None:
        what = f"{_SERVICE}:DeregisterScalableTarget {place['ResourceId']}"
        find(what, lambda: self.autoscaling.deregister_scalable_target(**place))

    def _register(self, place: Any, scaling: Parked) -> None:
        bounds: Any = {"MinCapacity": scaling.least, "MaxCapacity": scaling.most}
        what = f"{_SERVICE}:RegisterScalableTarget {place['ResourceId']}"
        ask(what, lambda: self.autoscaling.register_scalable_target(**place, **bounds))

    def _put_policy(self, place: Any, policy: Any) -> None:
        what = f"{_SERVICE}:PutScalingPolicy {place['ResourceId']}"
        ask(what, lambda: self.autoscaling.put_scaling_policy(**place, **policy))

    def _parked(self, target: Any) -> Parked:
        resource = target["ResourceId"]
        response: Any = ask(
            f"{_SERVICE}:DescribeScalingPolicies {resource}",
            lambda: self.autoscaling.describe_scaling_policies(
                ServiceNamespace="sagemaker", ResourceId=resource, ScalableDimension=_DIMENSION
            ),
        )
        policies = tuple(
            {key: policy[key] for key in _OF_A_POLICY if policy.get(key)}
            for policy in response["ScalingPolicies"]
        )
        return Parked(least=target["MinCapacity"], most=target["MaxCapacity"], policies=policies)

    def _place(self, version: Version) -> Any:
        return {
            "ServiceNamespace": "sagemaker",
            "ResourceId": self._resource(version),
            "ScalableDimension": _DIMENSION,
        }

    def _resource(self, version: Version) -> str:
        return f"endpoint/{self.endpoint}/variant/{variant_name(version)}"
