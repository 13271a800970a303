"""An endpoint and its variants as they are now, and how DescribeEndpoint shows them."""

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sandbox.clock import now
from sandbox.hosting.container import Spec
from sandbox.hosting.fleet import Instance

Status = Literal[
    "Creating", "Updating", "RollingBack", "InService", "Failed", "Deleting", "UpdateRollbackFailed"
]
# `OutOfService` and `SystemUpdating` are SageMaker's own doing and do not happen here.


@dataclass(frozen=True)
class Capture:
    """What of the invocations is kept."""

    enabled: bool
    percentage: int
    destination: str  # s3 URI
    kms_key: str
    modes: frozenset[str] = frozenset({"Input", "Output"})
    json_types: tuple[str, ...] = ()
    csv_types: tuple[str, ...] = ()


@dataclass
class Variant:
    """A version serving; counts and weights as SageMaker tells them."""

    name: str
    spec: Spec
    instance_type: str
    current_weight: float
    desired_weight: float
    current_count: int
    desired_count: int
    instances: list[Instance] = field(default_factory=list)
    startup: float | None = None  # seconds for the first /ping
    since: float = field(default_factory=now)

    def copy(self) -> "Variant":
        return replace(self, instances=list(self.instances))

    def revert(self) -> None:
        """Want no more than what is."""
        self.desired_weight, self.desired_count = self.current_weight, self.current_count

    def inherit(self, old: "Variant", *, weight: bool, count: bool, desired: bool) -> None:
        """Retain properties of the variant that it replaces: what that one was to have, or else what it has.

        SageMaker makes a whole new fleet; what would be the same process again is kept here.
        """
        if weight:
            kept = old.desired_weight if desired else old.current_weight
            self.current_weight = self.desired_weight = kept
        if count:
            self.current_count = self.desired_count = old.desired_count if desired else old.current_count
        if old.instance_type == self.instance_type:
            self.instances = [instance for instance in old.instances if instance.spec == self.spec]
        if self.instances:
            self.since = old.since

    def show(self) -> dict[str, Any]:
        digest = self.spec.image.rpartition("@")[2]
        return {
            "VariantName": self.name,
            "DeployedImages": [
                {
                    "SpecifiedImage": self.spec.image,
                    "ResolvedImage": f"{self.spec.image.rpartition('@')[0]}@{digest}",
                    "ResolutionTime": self.since,
                }
            ],
            "CurrentWeight": self.current_weight,
            "DesiredWeight": self.desired_weight,
            "CurrentInstanceCount": self.current_count,
            "DesiredInstanceCount": self.desired_count,
        }


@dataclass
class Endpoint:
    """Changed under its account's lock only."""

    name: str
    arn: str
    account: str
    config: str  # the configuration that serves
    capture: Capture | None
    status: Status = "Creating"
    moving_to: str | None = None  # the configuration of an update under way
    mixed_with: str | None = (
        None  # the configuration that a rollback which failed left beside the one that serves
    )
    arriving: Counter[str] = field(default_factory=Counter)  # instances by type, of a change under way
    failure: str | None = None
    variants: dict[str, Variant] = field(default_factory=dict)
    weighed: bool = False  # a weights call was made: from then on variants may be left out
    created: float = field(default_factory=now)
    modified: float = field(default_factory=now)
    steady_since: float = field(default_factory=time.monotonic)
    _stale: dict[str, Any] = field(default_factory=dict)
    _stale_until: float = 0.0  # monotonic

    def config_names(self) -> set[str]:
        return {name for name in (self.config, self.moving_to, self.mixed_with) if name}

    def move(self, status: Status) -> None:
        self.status = status
        self.modified, self.steady_since = now(), time.monotonic()

    def settle(self, status: Status) -> None:
        """Nothing is under way any more."""
        self.moving_to = None
        self.arriving.clear()
        self.move(status)

    def hide_behind(self, shown: dict[str, Any], seconds: float) -> None:
        """Go on telling what was, for so long."""
        self._stale, self._stale_until = shown, time.monotonic() + seconds

    def show(self) -> dict[str, Any]:
        """DescribeEndpoint's answer."""
        if self._stale and time.monotonic() < self._stale_until:
            return self._stale
        shown: dict[str, Any] = {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "EndpointConfigName": self.config,
            "EndpointStatus": self.status,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        }
        if self.variants:
            shown["ProductionVariants"] = [variant.show() for variant in self.variants.values()]
        if self.failure:
            shown["FailureReason"] = self.failure
        if self.capture:
            shown["DataCaptureConfig"] = {
                "EnableCapture": self.capture.enabled,
                "CaptureStatus": "Started" if self.capture.enabled else "Stopped",
                "CurrentSamplingPercentage": self.capture.percentage,
                "DestinationS3Uri": self.capture.destination,
                "KmsKeyId": self.capture.kms_key,
            }
        if self.moving_to:
            shown["PendingDeploymentSummary"] = {"EndpointConfigName": self.moving_to}
        return shown

    def captures(self) -> dict[str, Any] | None:
        """What the data plane needs to know of what it captures; None where it captures nothing."""
        if self.capture is None or not self.capture.enabled:
            return None
        return {
            "percentage": self.capture.percentage,
            "input": "Input" in self.capture.modes,
            "output": "Output" in self.capture.modes,
            "json": self.capture.json_types,
            "csv": self.capture.csv_types,
            "destination": self.capture.destination,
            "kms_key": self.capture.kms_key,
            "roles": {variant.name: variant.spec.role.arn for variant in self.variants.values()},
        }

    def route(self) -> dict[str, Any]:
        """What the data plane needs to know."""
        return {
            variant.name: {
                "weight": variant.current_weight,
                "instances": [
                    {"id": i.id, "port": i.port, "door": str(i.door) if i.door else None}
                    for i in variant.instances
                ],
            }
            for variant in self.variants.values()
        }
