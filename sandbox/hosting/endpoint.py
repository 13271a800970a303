"""An endpoint and its variants as they are now, and how DescribeEndpoint shows them."""

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
    failure: str | None = None
    variants: dict[str, Variant] = field(default_factory=dict)
    weighed: bool = False  # a weights call was made: from then on variants may be left out
    created: float = field(default_factory=now)
    modified: float = field(default_factory=now)

    def config_names(self) -> set[str]:
        return {self.config} | ({self.moving_to} if self.moving_to else set())

    def move(self, status: Status) -> None:
        self.status = status
        self.modified = now()

    def show(self) -> dict[str, Any]:
        """DescribeEndpoint's answer."""
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
