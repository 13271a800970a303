"""What was seen of an endpoint: SageMaker's DescribeEndpoint, in this project's words.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from modeldelivery.release.version import Version


class Status(StrEnum):
    """EndpointStatus, each of SageMaker's own."""

    OUT_OF_SERVICE = "OutOfService"
    CREATING = "Creating"
    UPDATING = "Updating"
    SYSTEM_UPDATING = "SystemUpdating"
    ROLLING_BACK = "RollingBack"
    IN_SERVICE = "InService"
    DELETING = "Deleting"
    FAILED = "Failed"
    UPDATE_ROLLBACK_FAILED = "UpdateRollbackFailed"

    @property
    def busy(self) -> bool:
        """SageMaker is at work and refuses changes until it ends by itself."""
        return self in _BUSY

    @property
    def broken(self) -> bool:
        """Nothing but deleting and creating the endpoint anew helps."""
        return self in _BROKEN


_BUSY = frozenset(
    {Status.CREATING, Status.UPDATING, Status.SYSTEM_UPDATING, Status.ROLLING_BACK, Status.DELETING}
)
_BROKEN = frozenset({Status.FAILED, Status.OUT_OF_SERVICE, Status.UPDATE_ROLLBACK_FAILED})


class Incarnation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One life of an endpoint: deleted and made again under the same name, it is another."""

    arn: str
    created: float  # seconds since the epoch


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One version on an endpoint.

    Weights are SageMaker's floats as reported; instances count what runs (current) and what is asked for (desired).
    """

    current: float
    desired: float
    instances: int
    instances_desired: int


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint as last described."""

    incarnation: Incarnation
    status: Status
    config: str
    variants: Mapping[Version, Variant]
    failure: str | None = None

    @property
    def current(self) -> dict[Version, float]:
        return {version: variant.current for version, variant in self.variants.items()}

    @property
    def desired(self) -> dict[Version, float]:
        return {version: variant.desired for version, variant in self.variants.items()}
