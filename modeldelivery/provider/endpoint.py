"""`modeldelivery:index:Endpoint`: a SageMaker endpoint with its configs, whose traffic belongs to the journal.

pulumi-aws's Endpoint takes a silent server-side rollback for success, resets live weights and deletes the config that is
live (terraform-provider-aws#48997, #48990, #46663); this one carries `release.core.up` out instead.
"""

from collections.abc import Mapping
from typing import Any

from modeldelivery.plugin.protocol import Found
from modeldelivery.plugin.values import Properties
from modeldelivery.provider.found import look_up
from modeldelivery.provider.inputs import EndpointInputs, parse_inputs
from modeldelivery.provider.progress import EngineClock, EngineProgress
from modeldelivery.provider.resource import PATIENCE, ReleaseResource
from modeldelivery.provider.sagemaker import SageMakerTarget
from modeldelivery.provider.tokens import ENDPOINT
from modeldelivery.release.aws.environment import AwsEndpoint


class EndpointResource(ReleaseResource[EndpointInputs]):
    """An endpoint of SageMaker's."""

    TYPE = ENDPOINT
    REPLACING = ("endpointName", "region")
    PLAIN = ("release", "tags", "kmsKeyArn")
    OBSERVED = ("weights", "variants", "capture")

    def parse(self, properties: Mapping[str, Any]) -> EndpointInputs:
        return parse_inputs(properties)

    def look_up(self, id_: str, properties: Properties) -> Found | None:
        return look_up(id_, properties, self._opens)

    def outputs(self, id_: str, inputs: EndpointInputs, properties: Properties) -> dict[str, Any]:
        return {**properties, "arn": id_, "name": inputs.endpoint_name}

    def target(
        self, inputs: EndpointInputs, urn: str, timeout: float = 0, *, verified: bool = False
    ) -> SageMakerTarget:
        account = self._opens(inputs.profile, inputs.region)
        account.refuse_unless(inputs.allowed_accounts, verified=verified)
        journal = inputs.journal
        return SageMakerTarget(
            aws=AwsEndpoint(
                account=account, name=inputs.endpoint_name, bucket=journal.bucket, key=journal.key
            ),
            inputs=inputs,
            import_type=ENDPOINT,
            clock=EngineClock(self._cancelled),
            progress=EngineProgress(self._log, urn),
            patience=timeout or PATIENCE,
        )
