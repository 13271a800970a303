"""`modeldelivery:index:Endpoint`: a SageMaker endpoint with its configs, whose traffic belongs to the journal.

pulumi-aws's Endpoint takes a silent server-side rollback for success, resets live weights and deletes the config that is
live (terraform-provider-aws#48997, #48990, #46663); this one carries `release.core.up` out instead.
"""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modeldelivery.plugin.protocol import (
    Change,
    Checked,
    Created,
    Diff,
    Failure,
    Found,
    InitFailedError,
    Log,
    ProviderError,
    Resource,
)
from modeldelivery.plugin.values import Properties
from modeldelivery.provider.found import look_up
from modeldelivery.provider.inputs import BadInputError, EndpointInputs, parse_inputs
from modeldelivery.provider.progress import EngineClock, EngineProgress
from modeldelivery.provider.sagemaker import SageMakerTarget
from modeldelivery.release.aws.environment import AwsEndpoint
from modeldelivery.release.aws.session import Opens, WrongAccountError, open_account
from modeldelivery.release.core import history
from modeldelivery.release.errors import DeliveryError, RefusedError

if TYPE_CHECKING:
    from modeldelivery.provider.look import Seen

TYPE = "modeldelivery:index:Endpoint"
PATIENCE = 3600.0  # seconds; SageMaker takes minutes to start instances
_REPLACING = ("endpointName", "region")


class EndpointResource:
    """The resource's life, in the words of `modeldelivery.plugin.protocol.Provider`."""

    def __init__(self, log: Log, cancelled: threading.Event, opens: Opens | None = None) -> None:
        self._log = log
        self._cancelled = cancelled
        self._opens = opens or open_account
        self._seen: dict[str, Seen] = {}

    def check(self, resource: Resource, news: Properties) -> Checked:
        """Judge the inputs, resolve, and add what the traffic will be and what it is now."""
        try:
            inputs = parse_inputs(news)
            observed = self._target(inputs, resource.urn).look()
            for finding in observed.findings:
                self._log.warning(finding.text, resource.urn)
            plan = observed.plan(inputs)
        except BadInputError as error:
            return Checked(news, [Failure(error.key, str(error))])
        except WrongAccountError as error:
            return Checked(news, [Failure("allowedAccounts", str(error))])
        except RefusedError as error:
            return Checked(news, [Failure("release", str(error))])
        except DeliveryError as error:
            raise ProviderError(str(error)) from error
        for warning in (*plan.warnings, *observed.counts(inputs), *observed.unapproved(inputs)):
            self._log.warning(warning, resource.urn)
        self._seen[resource.urn] = observed
        added = {
            "weights": plan.weights,
            "servingAtCheck": observed.serving,
            "fallbackAtCheck": history.fallback(observed.journal, observed.endpoint),
            "drillAtCheck": observed.drill(inputs),
        }
        return Checked({**news, **{key: value for key, value in added.items() if value is not None}})

    def diff(self, resource: Resource, old_inputs: Properties, news: Properties) -> Diff:
        """What an update would do: by the world when check has looked at it, else (refresh) by the inputs alone."""
        changed = {key for key in ("release", "tags", "kmsKeyArn") if _differ(old_inputs, news, key)}
        replaced = {key for key in _REPLACING if _differ(old_inputs, news, key)}
        observed = self._seen.pop(resource.urn, None)
        if observed is None:
            changed |= {key for key in ("weights", "variants", "capture") if _differ(old_inputs, news, key)}
        else:
            changed |= observed.differing(parse_inputs(news))
        return Diff(
            {
                **dict.fromkeys(sorted(changed), Change.UPDATE),
                **dict.fromkeys(sorted(replaced), Change.UPDATE_REPLACE),
            }
        )

    def create(self, resource: Resource, properties: Properties, *, timeout: float, preview: bool) -> Created:
        """Make the endpoint, or take up the one that a killed create of this stack left."""
        inputs = parse_inputs(properties)
        self._seen.pop(resource.urn, None)  # no diff follows this check
        if preview:
            return Created("", {**properties, "name": inputs.endpoint_name})
        try:
            target = self._target(inputs, resource.urn, timeout, verified=True)
            target.clear_the_way()
        except DeliveryError as error:
            raise ProviderError(str(error)) from error
        try:
            arn = target.up()
        except DeliveryError as error:
            made = target.kept()
            if made:  # so that the next `up` goes on with it
                outputs = _outputs(made, inputs, properties)
                raise InitFailedError(
                    made, outputs=outputs, inputs=properties, reasons=[str(error)]
                ) from error
            raise ProviderError(str(error)) from error
        return Created(arn, _outputs(arn, inputs, properties))

    def update(
        self, resource: Resource, old_inputs: Properties, news: Properties, *, timeout: float, preview: bool
    ) -> Mapping[str, Any]:
        """Bring fleet and traffic to what config and the journal say."""
        inputs = parse_inputs(news)
        if preview:
            return {**news, "name": inputs.endpoint_name}
        try:
            target = self._target(inputs, resource.urn, timeout, verified=True)
            arn = target.up()
            target.retag(arn, old_inputs.get("tags") or {})
            return _outputs(arn, inputs, news)
        except DeliveryError as error:
            raise ProviderError(str(error)) from error

    def read(self, id_: str, properties: Properties) -> Found | None:
        """The endpoint as it is; for an import everything is found from its ARN."""
        try:
            return look_up(id_, properties, self._opens)
        except DeliveryError as error:
            raise ProviderError(str(error)) from error

    def delete(self, resource: Resource, properties: Properties, *, timeout: float) -> None:
        """Delete the endpoint and its configs; the journal stays, so that rejections outlive it."""
        try:
            inputs = parse_inputs(properties)
            target = self._target(inputs, resource.urn, timeout, verified=True)
            target.delete()
            target.endpoint.configs.sweep(using="")
        except DeliveryError as error:
            raise ProviderError(str(error)) from error

    def _target(
        self, inputs: EndpointInputs, urn: str, timeout: float = 0, *, verified: bool = False
    ) -> SageMakerTarget:
        """Where it is carried out; `verified` for what changes: then AWS itself says whose the credentials are."""
        account = self._opens(inputs.profile, inputs.region)
        account.refuse_unless(inputs.allowed_accounts, verified=verified)
        journal = inputs.journal
        return SageMakerTarget(
            endpoint=AwsEndpoint(
                account=account, name=inputs.endpoint_name, bucket=journal.bucket, key=journal.key
            ),
            inputs=inputs,
            import_type=TYPE,
            clock=EngineClock(self._cancelled),
            progress=EngineProgress(self._log, urn),
            patience=timeout or PATIENCE,
        )


def _differ(olds: Properties, news: Properties, key: str) -> bool:
    return (olds.get(key) or None) != (news.get(key) or None)


def _outputs(arn: str, inputs: EndpointInputs, properties: Properties) -> dict[str, Any]:
    return {**properties, "arn": arn, "name": inputs.endpoint_name}
