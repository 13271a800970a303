"""Endpoint configurations: immutable, so a changed fleet is a new one, and swept when nothing uses them.

One is never deleted while the endpoint uses it or moves to it: deleting the config that is live after a failed update is
terraform-provider-aws#46663.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from modeldelivery.release.aws.errors import ask, find, fresh
from modeldelivery.release.aws.traffic import OWNER_TAG
from modeldelivery.release.core.request import Capture, Member
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.naming import variant_name, variant_version
from modeldelivery.release.version import Version

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient


class EndpointConfigs(msgspec.Struct, frozen=True, kw_only=True):
    """The configs of one endpoint. Every call may be repeated, so the client may try again by itself.

    Attributes:
        sagemaker: a patient client.
        endpoint: its name.
        owner: value of the tag by which an endpoint or a config is known to be this stack's.
    """

    sagemaker: "SageMakerClient"
    endpoint: str
    owner: str

    def describe(self, config: str) -> Any:
        """DescribeEndpointConfig's response, None when there is none."""
        return find(
            f"sagemaker:DescribeEndpointConfig {config}",
            lambda: self.sagemaker.describe_endpoint_config(EndpointConfigName=config),
        )

    def members(self, config: str) -> dict[Version, Member]:
        """What each version of a config runs on; nothing of one that is not there."""
        return members_in(self.describe(config))

    def make(
        self,
        config: str,
        members: Sequence[Member],
        weights: Weights,
        *,
        kms_key: str | None,
        capture: Capture | None,
        tags: Mapping[str, str],
    ) -> None:
        """Create the config; one left from before, with weights that are not in force, is made anew."""
        variants = [_variant(member, weights.get(member.version, 0)) for member in members]
        existing = self.describe(config)
        if existing is not None:
            if _initial_weights(existing["ProductionVariants"]) == _initial_weights(variants):
                return
            self.delete(config)
        more: dict[str, Any] = {"KmsKeyId": kms_key} if kms_key else {}
        if capture is not None:
            more["DataCaptureConfig"] = _capture(capture, kms_key)
        fresh(
            f"sagemaker:CreateEndpointConfig {config}",
            lambda: self.sagemaker.create_endpoint_config(
                EndpointConfigName=config, ProductionVariants=variants, Tags=self.tags(tags), **more
            ),
        )

    def delete(self, config: str) -> None:
        find(
            f"sagemaker:DeleteEndpointConfig {config}",
            lambda: self.sagemaker.delete_endpoint_config(EndpointConfigName=config),
        )

    def sweep(self, using: str) -> None:
        """Delete configs of this endpoint that it does not use: earlier fleets, and those of an `up` that died."""
        pattern = re.compile(re.escape(self.endpoint) + "-[0-9a-f]{12}")
        for name, arn in self._listed():
            if name != using and pattern.fullmatch(name) and self.owns(arn):
                self.delete(name)

    def owns(self, arn: str) -> bool:
        """Whether an endpoint or a config carries this stack's tag."""
        response = ask(f"sagemaker:ListTags {arn}", lambda: self.sagemaker.list_tags(ResourceArn=arn))
        return any(tag["Key"] == OWNER_TAG and tag["Value"] == self.owner for tag in response["Tags"])

    def tags(self, tags: Mapping[str, str]) -> list[Any]:
        """Config's tags and the owner's, as SageMaker takes them."""
        return [{"Key": k, "Value": v} for k, v in sorted({**tags, OWNER_TAG: self.owner}.items())]

    def _listed(self) -> list[tuple[str, str]]:
        """Name and ARN of every config whose name has the endpoint's in it."""
        paginator = self.sagemaker.get_paginator("list_endpoint_configs")
        return ask(
            f"sagemaker:ListEndpointConfigs {self.endpoint}",
            lambda: [
                (config["EndpointConfigName"], config["EndpointConfigArn"])
                for page in paginator.paginate(NameContains=self.endpoint)
                for config in page["EndpointConfigs"]
            ],
        )


def members_in(described: Any) -> dict[Version, Member]:
    """What each version of a described config runs on; digests are the journal's to know and are left empty."""
    members = [
        Member(
            version=variant_version(v["VariantName"]),
            digest="",
            model_name=v["ModelName"],
            instance_type=v["InstanceType"],
            instance_count=v["InitialInstanceCount"],
        )
        for v in (described["ProductionVariants"] if described else [])
    ]
    return {member.version: member for member in members}


def capture_in(described: Any) -> Capture | None:
    """What a described config captures; None where it captures nothing."""
    config = (described or {}).get("DataCaptureConfig", {})
    if not config.get("EnableCapture"):
        return None
    return Capture(percent=config["InitialSamplingPercentage"], destination=config["DestinationS3Uri"])


def captures_otherwise(described: Any, capture: Capture | None, kms_key: str | None) -> bool:
    """Whether a described config captures something else than this, or under another key."""
    key = (described or {}).get("DataCaptureConfig", {}).get("KmsKeyId")
    return capture_in(described) != capture or (capture is not None and key != kms_key)


def _capture(capture: Capture, kms_key: str | None) -> dict[str, Any]:
    """Bodies of the two kinds that the model server takes stay text; of any other they are base64.

    The key is named: the registry's bucket refuses what is written under another.
    """
    return {
        **({"KmsKeyId": kms_key} if kms_key else {}),
        "EnableCapture": True,
        "InitialSamplingPercentage": capture.percent,
        "DestinationS3Uri": capture.destination,
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json"],
        },
    }


def _variant(member: Member, weight: int) -> Any:
    return {
        "VariantName": variant_name(member.version),
        "ModelName": member.model_name,
        "InstanceType": member.instance_type,
        "InitialInstanceCount": member.instance_count,
        "InitialVariantWeight": float(weight),
    }


def _initial_weights(variants: Sequence[Any]) -> dict[str, float]:
    return {v["VariantName"]: v["InitialVariantWeight"] for v in variants}
