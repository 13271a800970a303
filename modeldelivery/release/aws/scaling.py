"""Which versions of a SageMaker endpoint autoscaling knows.

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html
"""

from collections.abc import Collection
from typing import Any, Protocol

import msgspec

from modeldelivery.release.aws.errors import ask
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version


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
        resources = {f"endpoint/{self.endpoint}/variant/{variant_name(v)}": v for v in versions}
        if not resources:
            return frozenset()
        response = ask(
            f"application-autoscaling:DescribeScalableTargets {self.endpoint}",
            lambda: self.clients.autoscaling.describe_scalable_targets(
                ServiceNamespace="sagemaker", ResourceIds=list(resources)
            ),
        )
        known = {target["ResourceId"] for target in response["ScalableTargets"]}
        return frozenset(version for resource, version in resources.items() if resource not in known)
