"""Endpoint configurations: named by what they hold, made with the weights in force, swept when nothing uses them.

An EndpointConfig is immutable, so a fleet change is a new one. It is never deleted while the endpoint uses it or moves to
it: deleting the config that is live after a failed update is terraform-provider-aws#46663.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from modeldelivery.provider.inputs import EndpointInputs
from modeldelivery.release.aws.errors import ask, find
from modeldelivery.release.core.request import Member
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.naming import variant_name, variant_version
from modeldelivery.release.version import Version

if TYPE_CHECKING:
    from modeldelivery.release.aws.session import Account

OWNER_TAG = "model-delivery:journal"
_DIMENSION: Final = "sagemaker:variant:DesiredInstanceCount"


class EndpointConfigs(msgspec.Struct, kw_only=True):
    """A Fleet of `modeldelivery.release.ports`.

    Attributes:
        account: where.
        inputs: what config wants.
        known: members of versions that config no longer names and that still are on the endpoint, as they run.
        excluded: of each prepared config, the properties that the endpoint is not to retain; None where it is new.
    """

    account: "Account"
    inputs: EndpointInputs
    known: Mapping[Version, Member] = {}
    excluded: dict[str, list[Any] | None] = {}

    @property
    def owner(self) -> str:
        """The tag by which an endpoint or a config is known to be this stack's."""
        return f"s3://{self.inputs.journal.bucket}/{self.inputs.journal.key}"

    def name(self, fleet: Sequence[Version]) -> str:
        """Name of the config that holds a fleet: the same content, the same name; weights are not content."""
        content = [self._member(v) for v in sorted(fleet)]
        text = json.dumps([msgspec.to_builtins(content), self.inputs.kms_key_arn], sort_keys=True)
        return f"{self.inputs.endpoint_name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def prepare(self, config: str, fleet: Sequence[Version], weights: Weights) -> None:
        name, sagemaker = self.inputs.endpoint_name, self.account.sagemaker
        live = find(
            f"sagemaker:DescribeEndpoint {name}", lambda: sagemaker.describe_endpoint(EndpointName=name)
        )
        self._make(config, fleet, weights)
        self.excluded[config] = self._prepare_scaling(live, fleet) if live else None

    def change(self, config: str, *, token: str, operation: str) -> None:  # noqa: ARG002 - SageMaker keeps neither
        name, sagemaker, excluded = self.inputs.endpoint_name, self.account.sagemaker, self.excluded[config]
        if excluded is None:
            ask(
                f"sagemaker:CreateEndpoint {name}",
                lambda: sagemaker.create_endpoint(
                    EndpointName=name, EndpointConfigName=config, Tags=self._tags()
                ),
            )
            return
        ask(
            f"sagemaker:UpdateEndpoint {name}",
            lambda: sagemaker.update_endpoint(
                EndpointName=name,
                EndpointConfigName=config,
                RetainAllVariantProperties=True,  # else live weights are reset: terraform-provider-aws#48990
                ExcludeRetainedVariantProperties=excluded,
            ),
        )

    def sweep(self, using: str) -> None:
        """Delete configs of this endpoint that it does not use: earlier fleets, and those of an `up` that died."""
        pattern = re.compile(re.escape(self.inputs.endpoint_name) + "-[0-9a-f]{12}")
        pages = self.account.sagemaker.get_paginator("list_endpoint_configs").paginate(
            NameContains=self.inputs.endpoint_name
        )
        for page in pages:
            for found in page["EndpointConfigs"]:
                name = found["EndpointConfigName"]
                if name != using and pattern.fullmatch(name) and self.owns(found["EndpointConfigArn"]):
                    self._delete(name)

    def owns(self, arn: str) -> bool:
        """Whether an endpoint or a config carries this stack's tag."""
        tags = ask(f"sagemaker:ListTags {arn}", lambda: self.account.sagemaker.list_tags(ResourceArn=arn))[
            "Tags"
        ]
        return any(tag["Key"] == OWNER_TAG and tag["Value"] == self.owner for tag in tags)

    def _member(self, version: Version) -> Member:
        return self.inputs.members.get(version) or self.known[version]

    def _tags(self) -> list[Any]:
        return [
            {"Key": k, "Value": v} for k, v in sorted({**self.inputs.tags, OWNER_TAG: self.owner}.items())
        ]

    def _make(self, config: str, fleet: Sequence[Version], weights: Weights) -> None:
        """Create the config; one left from before, with weights that are not in force, is made anew."""
        variants = [self._variant(v, weights.get(v, 0)) for v in sorted(fleet)]
        existing = described_config(self.account, config)
        if existing is not None:
            if {v["VariantName"]: v["InitialVariantWeight"] for v in existing["ProductionVariants"]} == {
                v["VariantName"]: v["InitialVariantWeight"] for v in variants
            }:
                return
            self._delete(config)
        key: dict[str, Any] = {"KmsKeyId": self.inputs.kms_key_arn} if self.inputs.kms_key_arn else {}
        ask(
            f"sagemaker:CreateEndpointConfig {config}",
            lambda: self.account.sagemaker.create_endpoint_config(
                EndpointConfigName=config, ProductionVariants=variants, Tags=self._tags(), **key
            ),
        )

    def _variant(self, version: Version, weight: int) -> Any:
        member = self._member(version)
        return {
            "VariantName": variant_name(version),
            "ModelName": member.model_name,
            "InstanceType": member.instance_type,
            "InitialInstanceCount": member.instance_count,
            "InitialVariantWeight": float(weight),
        }

    def _delete(self, config: str) -> None:
        find(
            f"sagemaker:DeleteEndpointConfig {config}",
            lambda: self.account.sagemaker.delete_endpoint_config(EndpointConfigName=config),
        )

    def _prepare_scaling(self, live: Any, fleet: Sequence[Version]) -> list[Any]:
        """Deregister what SageMaker would refuse to drop or retype; say which retained properties to leave out.

        Pulumi deletes a dropped version's scaling target only after the endpoint's update, which SageMaker refuses while
        the target is registered (terraform-provider-aws#14337). Counts are retained, unless nothing scales them.
        """
        running = members_of(self.account, live["EndpointConfigName"])
        name = self.inputs.endpoint_name
        scaled = self._scaled(running)
        for version in scaled:
            kept = version in fleet and self._member(version).instance_type == running[version].instance_type
            if not kept:
                self._deregister(_resource(name, version))
        resized = any(
            v in fleet and v not in scaled and self._member(v).instance_count != member.instance_count
            for v, member in running.items()
        )
        return [{"VariantPropertyType": "DesiredInstanceCount"}] if resized else []

    def _deregister(self, resource: str) -> None:
        ask(
            f"application-autoscaling:DeregisterScalableTarget {resource}",
            lambda: self.account.autoscaling.deregister_scalable_target(
                ServiceNamespace="sagemaker", ResourceId=resource, ScalableDimension=_DIMENSION
            ),
        )

    def _scaled(self, running: Mapping[Version, Member]) -> list[Version]:
        name = self.inputs.endpoint_name
        found = ask(
            f"application-autoscaling:DescribeScalableTargets {name}",
            lambda: self.account.autoscaling.describe_scalable_targets(
                ServiceNamespace="sagemaker", ResourceIds=[_resource(name, v) for v in running]
            ),
        )
        ids = {target["ResourceId"] for target in found["ScalableTargets"]}
        return [v for v in running if _resource(name, v) in ids]


def described_config(account: "Account", config: str) -> Any:
    """DescribeEndpointConfig's answer, None when there is none."""
    return find(
        f"sagemaker:DescribeEndpointConfig {config}",
        lambda: account.sagemaker.describe_endpoint_config(EndpointConfigName=config),
    )


def members_of(account: "Account", config: str) -> dict[Version, Member]:
    """What each version of a live config runs on."""
    return members_in(described_config(account, config))


def members_in(found: Any) -> dict[Version, Member]:
    """The same of a described config, nothing of none; digests are the journal's to know and are left empty."""
    variants = found["ProductionVariants"] if found else []
    return {
        variant_version(v["VariantName"]): Member(
            version=variant_version(v["VariantName"]),
            digest="",
            model_name=v["ModelName"],
            instance_type=v["InstanceType"],
            instance_count=v["InitialInstanceCount"],
        )
        for v in variants
    }


def _resource(endpoint: str, version: Version) -> str:
    return f"endpoint/{endpoint}/variant/{variant_name(version)}"
