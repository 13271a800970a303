"""One SageMaker endpoint: described, and its traffic moved.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from modeldelivery.release.aws.errors import AnsweredError, ask, find, request_id
from modeldelivery.release.core.action import Timing
from modeldelivery.release.core.endpoint import Condition, Endpoint, Incarnation, Variant
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.errors import BrokenError, UnreachableError
from modeldelivery.release.naming import variant_name, variant_version
from modeldelivery.release.version import BadVersionError, Version

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient

MARK_TAG = "model-delivery:unrecorded"
OWNER_TAG = "model-delivery:journal"  # of an endpoint and its configurations: the stack's that made them
TIMING = Timing(lease=8.0, call=4.0, tries=3)  # a call's time-outs are those of release.aws.session.FENCED
_NOT_IN_A_TAG = re.compile(
    r"[^\w .:/=+\-@]"
)  # SageMaker takes letters, digits, spaces and these in a tag's value
_LONGEST_TAG = 256
DEAD = "Failed"  # the one status in which an endpoint serves nothing, for good, and can only be deleted
_DELETE = (
    "it serves nothing: `aws sagemaker delete-endpoint --endpoint-name {name}`, then `pulumi up` makes it again with the last "
    "version that served"
)
_MIXED = (
    "it serves a mix of two configurations, so do not delete it: `aws sagemaker update-endpoint --endpoint-name {name} "
    "--endpoint-config-name {config} --retain-all-variant-properties` brings it to one, then run the same command again"
)
# EndpointStatus, each of SageMaker's own:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
CONDITIONS = {
    "InService": Condition.READY,
    "Creating": Condition.BUSY,
    "Updating": Condition.BUSY,
    "SystemUpdating": Condition.BUSY,
    "RollingBack": Condition.BUSY,
    "Deleting": Condition.BUSY,
    DEAD: Condition.BROKEN,
    "OutOfService": Condition.BROKEN,
    "UpdateRollbackFailed": Condition.IMPAIRED,  # "in service with a mix of the old and new endpoint configurations"
}
_REMEDIES = {Condition.BROKEN: _DELETE, Condition.IMPAIRED: _MIXED}


class SageMakerTraffic(msgspec.Struct, kw_only=True):
    """A Traffic without compare-and-swap: its token is empty.

    Attributes:
        sagemaker: a client of the kind that the caller needs.
        name: of the endpoint.
        arn: of the endpoint, learned from the first describe.
        config: name of its configuration, learned from the last describe.
        remedy: what was to be done about it, learned from the last describe.
    """

    sagemaker: "SageMakerClient"
    name: str
    arn: str | None = None
    config: str = ""
    remedy: str = ""

    @property
    def timing(self) -> Timing:
        return TIMING

    def describe(self) -> Endpoint | None:
        response = find(
            f"sagemaker:DescribeEndpoint {self.name}",
            lambda: self.sagemaker.describe_endpoint(EndpointName=self.name),
        )
        if response is None:
            return None
        endpoint = _endpoint(response)
        self.arn, self.config, self.remedy = response["EndpointArn"], endpoint.config, endpoint.remedy
        return endpoint

    def move(
        self,
        weights: Weights,
        *,
        token: str,  # noqa: ARG002 - SageMaker keeps neither
        operation: str,  # noqa: ARG002
        instances: Mapping[Version, int] | None = None,
    ) -> str:
        try:
            return self._update(_changes(weights, instances or {}))
        except AnsweredError as error:
            if self.remedy:
                raise BrokenError(error.message, hint=self.remedy) from error
            raise

    def scale(self, version: Version, instances: int, weights: Mapping[Version, float]) -> str:
        """The first call of an endpoint whose weights were never set must list every variant, this one too."""
        return self._update(_changes(weights, {version: instances}))

    def marked(self) -> str | None:
        return self._tag(MARK_TAG)

    def owner(self) -> str | None:
        return self._tag(OWNER_TAG)

    def mark(self, text: str) -> None:
        arn = self._described_arn
        tags: list[Any] = [{"Key": MARK_TAG, "Value": _NOT_IN_A_TAG.sub(" ", text)[:_LONGEST_TAG]}]
        ask(f"sagemaker:AddTags {self.name}", lambda: self.sagemaker.add_tags(ResourceArn=arn, Tags=tags))

    def unmark(self) -> None:
        arn = self._described_arn
        ask(
            f"sagemaker:DeleteTags {self.name}",
            lambda: self.sagemaker.delete_tags(ResourceArn=arn, TagKeys=[MARK_TAG]),
        )

    def _tag(self, key: str) -> str | None:
        if self.arn is None:
            return None
        arn = self.arn
        response = ask(f"sagemaker:ListTags {self.name}", lambda: self.sagemaker.list_tags(ResourceArn=arn))
        return next((tag["Value"] for tag in response["Tags"] if tag["Key"] == key), None)

    @property
    def _described_arn(self) -> str:
        assert self.arn is not None, "described first"
        return self.arn

    def _update(self, changes: list[Any]) -> str:
        response = ask(
            f"sagemaker:UpdateEndpointWeightsAndCapacities {self.name}",
            lambda: self.sagemaker.update_endpoint_weights_and_capacities(
                EndpointName=self.name, DesiredWeightsAndCapacities=changes
            ),
        )
        return request_id(response)


def _changes(weights: Mapping[Version, float], instances: Mapping[Version, int]) -> list[Any]:
    counts = {v: {"DesiredInstanceCount": count} for v, count in instances.items()}
    return [
        {"VariantName": variant_name(v), "DesiredWeight": float(w), **counts.get(v, {})}
        for v, w in weights.items()
    ]


def _endpoint(response: Any) -> Endpoint:
    word = response["EndpointStatus"]
    condition = CONDITIONS.get(word)
    if condition is None:
        raise UnreachableError(
            f"{response['EndpointName']} is in status {word!r}, which this version of modelctl does not know",
            hint="update modelctl",
        )
    return Endpoint(
        incarnation=Incarnation(response["EndpointArn"], response["CreationTime"].timestamp()),
        condition=condition,
        word=word,
        remedy=_remedy(response, condition),
        config=response.get("EndpointConfigName", ""),
        variants={
            _version(response, v["VariantName"]): _variant(v) for v in response.get("ProductionVariants", [])
        },
        failure=response.get("FailureReason"),
        modified=response["LastModifiedTime"].timestamp() if "LastModifiedTime" in response else None,
    )


def _remedy(response: Any, condition: Condition) -> str:
    text = _REMEDIES.get(condition, "")
    return text.format(name=response["EndpointName"], config=response.get("EndpointConfigName", "CONFIG"))


def _version(response: Any, variant: str) -> Version:
    try:
        return variant_version(variant)
    except BadVersionError as error:
        raise UnreachableError(
            f"variant {variant!r} of {response['EndpointName']} is not named like a version",
            hint="it was not made by this project, which will not touch the endpoint while it is there",
        ) from error


def _variant(response: Any) -> Variant:
    return Variant(
        current=float(response.get("CurrentWeight", 0)),
        desired=float(response.get("DesiredWeight", response.get("CurrentWeight", 0))),
        instances=int(response.get("CurrentInstanceCount", 0)),
        instances_desired=int(response.get("DesiredInstanceCount", 0)),
    )
