"""One SageMaker endpoint: described, and its traffic moved.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from modeldelivery.release.aws.errors import ask, find
from modeldelivery.release.core.endpoint import Endpoint, Incarnation, Status, Variant
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.naming import variant_name, variant_version
from modeldelivery.release.ports import UnreachableError
from modeldelivery.release.version import BadVersionError, Version

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient

UNRECORDED_TAG = "model-delivery:unrecorded"
_STATUSES = frozenset(Status)


class Configs(Protocol):
    """Makes endpoint configurations and moves the endpoint to them; only `up` has one. As `release.ports.Hosting` has it."""

    def prepare(self, config: str, fleet: Sequence[Version], weights: Weights) -> None: ...

    def change(self, config: str) -> None: ...


class SageMakerHosting(msgspec.Struct, kw_only=True):
    """A Hosting. The endpoint's ARN is learned from the first describe."""

    sagemaker: "SageMakerClient"
    name: str
    configs: Configs | None = None
    arn: str | None = None

    def describe(self) -> Endpoint | None:
        found = find(
            f"sagemaker:DescribeEndpoint {self.name}",
            lambda: self.sagemaker.describe_endpoint(EndpointName=self.name),
        )
        if found is None:
            return None
        self.arn = found["EndpointArn"]
        return _endpoint(found)

    def move(self, weights: Weights) -> None:
        self._update(
            [{"VariantName": variant_name(v), "DesiredWeight": float(w)} for v, w in weights.items()]
        )

    def scale(self, version: Version, instances: int) -> None:
        self._update([{"VariantName": variant_name(version), "DesiredInstanceCount": instances}])

    def prepare_fleet(self, config: str, fleet: Sequence[Version], weights: Weights) -> None:
        assert self.configs is not None, "only `up` changes a fleet"
        self.configs.prepare(config, fleet, weights)

    def change_fleet(self, config: str) -> None:
        assert self.configs is not None, "only `up` changes a fleet"
        self.configs.change(config)

    def unrecorded(self) -> str | None:
        if self.arn is None:
            return None
        arn = self.arn
        found = ask(f"sagemaker:ListTags {self.name}", lambda: self.sagemaker.list_tags(ResourceArn=arn))
        return next((tag["Value"] for tag in found["Tags"] if tag["Key"] == UNRECORDED_TAG), None)

    def tag_unrecorded(self, text: str) -> None:
        """Say on the endpoint itself that the journal does not know of a move."""
        arn = self._described_arn
        tags: list[Any] = [{"Key": UNRECORDED_TAG, "Value": text[:256]}]
        ask(f"sagemaker:AddTags {self.name}", lambda: self.sagemaker.add_tags(ResourceArn=arn, Tags=tags))

    def untag(self) -> None:
        """The journal knows of it now."""
        arn = self._described_arn
        ask(
            f"sagemaker:DeleteTags {self.name}",
            lambda: self.sagemaker.delete_tags(ResourceArn=arn, TagKeys=[UNRECORDED_TAG]),
        )

    @property
    def _described_arn(self) -> str:
        assert self.arn is not None, "described first"
        return self.arn

    def _update(self, changes: list[Any]) -> None:
        ask(
            f"sagemaker:UpdateEndpointWeightsAndCapacities {self.name}",
            lambda: self.sagemaker.update_endpoint_weights_and_capacities(
                EndpointName=self.name, DesiredWeightsAndCapacities=changes
            ),
        )


def _endpoint(found: Any) -> Endpoint:
    status = found["EndpointStatus"]
    if status not in _STATUSES:
        raise UnreachableError(
            f"{found['EndpointName']} is in status {status!r}, which this version of modelctl does not know"
        )
    return Endpoint(
        incarnation=Incarnation(found["EndpointArn"], found["CreationTime"].timestamp()),
        status=Status(status),
        config=found.get("EndpointConfigName", ""),
        variants={
            _version(found, v["VariantName"]): _variant(v) for v in found.get("ProductionVariants", [])
        },
        failure=found.get("FailureReason"),
    )


def _version(found: Any, variant: str) -> Version:
    try:
        return variant_version(variant)
    except BadVersionError as error:
        raise UnreachableError(
            f"variant {variant!r} of {found['EndpointName']} is not named like a version: it was not made by this project, "
            f"which will not touch the endpoint while it is there"
        ) from error


def _variant(found: Any) -> Variant:
    return Variant(
        current=float(found.get("CurrentWeight", 0)),
        desired=float(found.get("DesiredWeight", found.get("CurrentWeight", 0))),
        instances=int(found.get("CurrentInstanceCount", 0)),
        instances_desired=int(found.get("DesiredInstanceCount", 0)),
    )
