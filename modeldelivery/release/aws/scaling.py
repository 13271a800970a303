"""Which versions of a SageMaker endpoint autoscaling knows.

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from modeldelivery.release.aws.errors import ask
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.client import ApplicationAutoScalingClient


class Clients(Protocol):
    """Where the client comes from: most commands never need one, and to make it costs tenths of a second."""

    @property
    def autoscaling(self) -> Any: ...


class SageMakerScaling(msgspec.Struct, frozen=True, kw_only=True):
    """The scaling targets of one endpoint's variants; one call.

    Attributes:
        clients: patient ones.
        endpoint: SageMaker's name of the endpoint.
    """

    clients: Clients
    endpoint: str

    def unscaled(self, versions: Collection[Version]) -> frozenset[Version]:
        if not versions:
            return frozenset()
        return frozenset(versions) - registered(self.clients.autoscaling, self.endpoint, versions).keys()


def resource(endpoint: str, version: Version) -> str:
    """Autoscaling's name of a version's instances."""
    return f"endpoint/{endpoint}/variant/{variant_name(version)}"


def registered(
    autoscaling: "ApplicationAutoScalingClient", endpoint: str, versions: Collection[Version]
) -> dict[Version, Any]:
    """The targets of those versions that are scaled, in AWS' words; one call, and of no version none."""
    names = {resource(endpoint, version): version for version in versions}
    if not names:
        return {}
    response = ask(
        f"application-autoscaling:DescribeScalableTargets {endpoint}",
        lambda: autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=list(names)),
    )
    return {
        names[target["ResourceId"]]: target
        for target in response["ScalableTargets"]
        if target["ResourceId"] in names
    }
