"""Scaling targets of an endpoint's variants: read, taken away for a change that SageMaker refuses with them, and put back.

A target's policies go with it, so both are read before and made again after, under the same names: whoever else manages them
(pulumi-aws, Terraform) finds what it knows. So do its scheduled actions, and these are not put back: to read and make them takes
permissions that no role of this project has, and none of its own stacks has such actions.
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from modeldelivery.release.aws.errors import ask, find
from modeldelivery.release.aws.scaling import registered, resource
from modeldelivery.release.core.journal import Parked
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
        targets = registered(self.autoscaling, self.endpoint, versions)
        return {version: self._parked(target) for version, target in targets.items()}

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
        state: Any = {"MinCapacity": scaling.least, "MaxCapacity": scaling.most}
        if scaling.suspended:
            state["SuspendedState"] = dict(scaling.suspended)
        what = f"{_SERVICE}:RegisterScalableTarget {place['ResourceId']}"
        ask(what, lambda: self.autoscaling.register_scalable_target(**place, **state))

    def _put_policy(self, place: Any, policy: Any) -> None:
        what = f"{_SERVICE}:PutScalingPolicy {place['ResourceId']}"
        ask(what, lambda: self.autoscaling.put_scaling_policy(**place, **policy))

    def _parked(self, target: Any) -> Parked:
        suspended = target.get("SuspendedState", {})
        return Parked(
            least=target["MinCapacity"],
            most=target["MaxCapacity"],
            suspended={what: True for what, is_so in suspended.items() if is_so},
            policies=tuple(self._policies(target["ResourceId"])),
        )

    def _policies(self, name: str) -> Iterator[dict[str, Any]]:
        """A target may have fifty; a page holds ten."""
        more: dict[str, Any] = {}
        while True:
            page = self._page(name, more)
            for policy in page["ScalingPolicies"]:
                yield {key: policy[key] for key in _OF_A_POLICY if policy.get(key)}
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def _page(self, name: str, more: Any) -> Any:
        return ask(
            f"{_SERVICE}:DescribeScalingPolicies {name}",
            lambda: self.autoscaling.describe_scaling_policies(
                ServiceNamespace="sagemaker", ResourceId=name, ScalableDimension=_DIMENSION, **more
            ),
        )

    def _place(self, version: Version) -> Any:
        return {
            "ServiceNamespace": "sagemaker",
            "ResourceId": resource(self.endpoint, version),
            "ScalableDimension": _DIMENSION,
        }
