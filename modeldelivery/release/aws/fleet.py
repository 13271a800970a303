"""The fleet of a SageMaker endpoint, changed: a config named by what it holds, made with the weights in force.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from modeldelivery.release.aws.configs import EndpointConfigs, captures_otherwise, members_in
from modeldelivery.release.aws.errors import find, fresh, request_id
from modeldelivery.release.aws.targets import ScalingTargets
from modeldelivery.release.core.action import Prepared
from modeldelivery.release.core.journal import Parked
from modeldelivery.release.core.request import Capture, Member
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.naming import variant_version
from modeldelivery.release.version import Version

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.client import ApplicationAutoScalingClient
    from mypy_boto3_sagemaker.client import SageMakerClient


class SageMakerFleet(msgspec.Struct, kw_only=True):
    """A Fleet without compare-and-swap.

    Attributes:
        sagemaker: a fenced client, for the one call that changes the endpoint.
        autoscaling: a patient one, and so is that of `configs`.
        configs: of the endpoint.
        members: what config wants each version to run on.
        current: members of versions that config no longer names and that still are on the endpoint, as they run.
        kms_key: ARN of the key that encrypts the instances' volumes.
        capture: what of the invocations is kept; None for nothing.
        tags: of the endpoint and its configs.
        excluded: of each prepared config, the properties that the endpoint is not to retain; None where it is new.
    """

    sagemaker: "SageMakerClient"
    autoscaling: "ApplicationAutoScalingClient"
    configs: EndpointConfigs
    members: Mapping[Version, Member]
    current: Mapping[Version, Member] = {}
    kms_key: str | None = None
    capture: Capture | None = None
    tags: Mapping[str, str] = {}
    excluded: dict[str, list[Any] | None] = {}

    def name(self, fleet: Sequence[Version]) -> str:
        """Name of the config that holds a fleet: the same content, the same name; weights are not content."""
        members = [self._member(v) for v in sorted(fleet)]
        content = [members, self.kms_key, *([self.capture] if self.capture else [])]
        text = json.dumps(msgspec.to_builtins(content), sort_keys=True)
        return f"{self._endpoint}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def prepare(self, config: str, fleet: Sequence[Version], weights: Weights) -> Prepared:
        name, sagemaker = self._endpoint, self.configs.sagemaker
        live = find(
            f"sagemaker:DescribeEndpoint {name}", lambda: sagemaker.describe_endpoint(EndpointName=name)
        )
        members = [self._member(v) for v in sorted(fleet)]
        if (
            live is None or live["EndpointConfigName"] != config
        ):  # one in use is neither deleted nor made anew
            self.configs.make(
                config, members, weights, kms_key=self.kms_key, capture=self.capture, tags=self.tags
            )
        if live is None:
            self.excluded[config] = None
            return Prepared()
        described = self.configs.describe(live["EndpointConfigName"])
        running = members_in(described)
        scaled = self._targets.registered(running)
        counts = {
            variant_version(v["VariantName"]): v["DesiredInstanceCount"] for v in live["ProductionVariants"]
        }
        resized = {v: counts[v] for v in self._resized(running, scaled) if v in counts}
        apart = bool(resized) and _is_scaled_out(counts, running, resized)
        excluded: list[Any] = (
            [{"VariantPropertyType": "DesiredInstanceCount"}] if resized and not apart else []
        )
        # else the endpoint would go on with what it captured before
        if captures_otherwise(described, self.capture, self.kms_key):
            excluded.append({"VariantPropertyType": "DataCaptureConfig"})
        self.excluded[config] = excluded
        parks = {v: scaling for v, scaling in scaled.items() if not self._stays(v, running[v], fleet)}
        return Prepared(parks=parks, resizes=resized if apart else {})

    def park(self, versions: Collection[Version]) -> None:
        self._targets.park(versions)

    def put_back(self, parked: Mapping[Version, Parked]) -> None:
        self._targets.put_back(parked)

    def change(self, config: str, *, token: str, operation: str) -> str:  # noqa: ARG002 - SageMaker keeps neither
        name, excluded = self._endpoint, self.excluded[config]
        if excluded is None:
            made = fresh(
                f"sagemaker:CreateEndpoint {name}",
                lambda: self.sagemaker.create_endpoint(
                    EndpointName=name, EndpointConfigName=config, Tags=self.configs.tags(self.tags)
                ),
            )
            return request_id(made)
        changed = fresh(
            f"sagemaker:UpdateEndpoint {name}",
            lambda: self.sagemaker.update_endpoint(
                EndpointName=name,
                EndpointConfigName=config,
                RetainAllVariantProperties=True,  # else live weights are reset: terraform-provider-aws#48990
                ExcludeRetainedVariantProperties=excluded,
            ),
        )
        return request_id(changed)

    @property
    def _endpoint(self) -> str:
        return self.configs.endpoint

    def _member(self, version: Version) -> Member:
        return self.members.get(version) or self.current[version]

    @property
    def _targets(self) -> ScalingTargets:
        return ScalingTargets(autoscaling=self.autoscaling, endpoint=self._endpoint)

    def _stays(self, version: Version, running: Member, fleet: Sequence[Version]) -> bool:
        """Whether SageMaker changes the fleet with the version's target registered: neither dropped nor retyped.

        Pulumi deletes a dropped version's target only after the endpoint's update, which SageMaker refuses while the target is
        registered (terraform-provider-aws#14337).
        """
        return version in fleet and self._member(version).instance_type == running.instance_type

    def _resized(self, running: Mapping[Version, Member], scaled: Collection[Version]) -> list[Version]:
        """Versions whose count was changed in config; of one that something scales, that is not its count."""
        return [
            v
            for v, member in sorted(self.members.items())
            if v in running and v not in scaled and member.instance_count != running[v].instance_count
        ]


def _is_scaled_out(
    counts: Mapping[Version, int], running: Mapping[Version, Member], resized: Collection[Version]
) -> bool:
    """Whether another version has a count by now that is not its config's.

    ExcludeRetainedVariantProperties names no variant: it would bring that one down to what its config says too, perhaps the one
    that serves. Then the changed counts are left to a call of their own, afterwards.
    """
    return any(
        v in running and v not in resized and count != running[v].instance_count
        for v, count in counts.items()
    )
