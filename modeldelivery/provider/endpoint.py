"""`modeldelivery:index:Endpoint`: a SageMaker endpoint with its configs, whose traffic belongs to the journal.

pulumi-aws's Endpoint takes a silent server-side rollback for success, resets live weights and deletes the config that is
live (terraform-provider-aws#48997, #48990, #46663); this one carries `release.core.up` out instead.
"""

import os
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

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
from modeldelivery.provider.configs import EndpointConfigs, members_of
from modeldelivery.provider.found import look_up
from modeldelivery.provider.inputs import NOT_YET, BadInputError, EndpointInputs, parse_inputs
from modeldelivery.release.actor import actor
from modeldelivery.release.aws.errors import ask, find
from modeldelivery.release.aws.journal import S3Journal
from modeldelivery.release.aws.session import Account, Opens, open_account
from modeldelivery.release.aws.traffic import SageMakerTraffic
from modeldelivery.release.core import history, up, weights
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.intent import foreseen
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.request import Member
from modeldelivery.release.core.resolve import resolve
from modeldelivery.release.errors import DeliveryError, GaveUpError, RefusedError, UnreachableError
from modeldelivery.release.ports import Stored
from modeldelivery.release.runner import Patience, Runner
from modeldelivery.release.version import Version

TYPE = "modeldelivery:index:Endpoint"
PATIENCE = 3600.0  # seconds; SageMaker takes minutes to start instances
_REPLACING = ("endpointName", "region")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What check saw of the world, for the diff that follows it."""

    stored: Stored | None
    endpoint: Endpoint | None
    members: Mapping[Version, Member]


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
            account = self._account(inputs)
            _refuse_account(account.id, inputs)
            seen = _look(account, inputs)
            journal = seen.stored.journal if seen.stored else Journal()
            now = seen.stored.now if seen.stored else 0.0
            plan = resolve(inputs.request, foreseen(journal, seen.endpoint), seen.endpoint, now)
        except BadInputError as error:
            return Checked(news, [Failure(error.key, str(error))])
        except RefusedError as error:
            return Checked(news, [Failure("release", str(error))])
        except DeliveryError as error:
            raise ProviderError(str(error)) from error
        for warning in plan.warnings:
            self._log.warning(warning, resource.urn)
        self._seen[resource.urn] = seen
        serving = weights.shares(seen.endpoint.current) if seen.endpoint else {}
        added = {
            "weights": plan.weights,
            "servingAtCheck": serving,
            "fallbackAtCheck": history.fallback(journal, seen.endpoint),
        }
        return Checked({**news, **{key: value for key, value in added.items() if value is not None}})

    def diff(self, resource: Resource, old_inputs: Properties, news: Properties) -> Diff:
        """What an update would do: by the world when check has looked at it, else (refresh) by the inputs alone."""
        changed = {key for key in ("release", "tags", "kmsKeyArn") if _differ(old_inputs, news, key)}
        replaced = {key for key in _REPLACING if _differ(old_inputs, news, key)}
        seen = self._seen.pop(resource.urn, None)
        if seen is None:
            changed |= {key for key in ("weights", "variants") if _differ(old_inputs, news, key)}
        else:
            changed |= _moves(parse_inputs(news), seen)
        return Diff(
            {
                **dict.fromkeys(sorted(changed), Change.UPDATE),
                **dict.fromkeys(sorted(replaced), Change.UPDATE_REPLACE),
            }
        )

    def create(self, resource: Resource, properties: Properties, *, timeout: float, preview: bool) -> Created:
        """Make the endpoint, or take up the one that a killed create of this stack left."""
        inputs = parse_inputs(properties)
        if preview:
            return Created("", {**properties, "name": inputs.endpoint_name})
        try:
            account = self._account(inputs)
            _refuse_account(account.caller, inputs)
            self._clear_the_way(account, inputs)
            arn = self._follow(resource, account, inputs, timeout)
            return Created(arn, _outputs(arn, inputs, properties))
        except DeliveryError as error:
            self._keep_what_was_made(inputs, properties, error)
            raise ProviderError(str(error)) from error

    def update(
        self, resource: Resource, old_inputs: Properties, news: Properties, *, timeout: float, preview: bool
    ) -> Mapping[str, Any]:
        """Bring fleet and traffic to what config and the journal say."""
        inputs = parse_inputs(news)
        if preview:
            return {**news, "name": inputs.endpoint_name}
        try:
            account = self._account(inputs)
            _refuse_account(account.caller, inputs)
            arn = self._follow(resource, account, inputs, timeout)
            _retag(account, arn, inputs, old_inputs)
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
            account = self._account(inputs)
            _refuse_account(account.caller, inputs)
            self._delete_endpoint(account, inputs, resource.urn, timeout or PATIENCE)
            EndpointConfigs(account=account, inputs=inputs).sweep(using="")
        except DeliveryError as error:
            raise ProviderError(str(error)) from error

    def _account(self, inputs: EndpointInputs) -> Account:
        return self._opens(inputs.profile, inputs.region)

    def _follow(self, resource: Resource, account: Account, inputs: EndpointInputs, timeout: float) -> str:
        """Carry `up` out, then sweep the configs that it, or one that died before its own sweep, left behind; the ARN."""
        traffic = _traffic(account, inputs)
        seen = traffic.describe()
        configs = EndpointConfigs(
            account=account, inputs=inputs, known=members_of(account, seen.config) if seen else {}
        )
        asked = up.Up(
            operation=uuid.uuid4().hex[:12],
            actor=f"{actor(os.environ)} (pulumi up)",
            request=inputs.request,
            shown=_versions(inputs.weights),
            serving=_versions(inputs.serving_at_check),
            config=configs.name,
        )
        runner = Runner(
            store=_store(account, inputs),
            traffic=traffic,
            fleet=configs,
            clock=_Clock(self._cancelled),
            progress=_Progress(self._log, resource.urn),
            patience=timeout or PATIENCE,
        )
        done = runner.run(lambda view: up.decide(asked, view))
        for warning in done.warnings:
            self._log.warning(warning, resource.urn)
        now = traffic.describe()
        if now is None or traffic.arn is None:
            raise UnreachableError(f"endpoint {inputs.endpoint_name} is gone right after it was made")
        configs.sweep(using=now.config)
        return traffic.arn

    def _clear_the_way(self, account: Account, inputs: EndpointInputs) -> None:
        """An endpoint of that name is this stack's own or nobody's to touch; a broken one of its own goes first."""
        traffic = _traffic(account, inputs)
        found = traffic.describe()
        if found is None:
            return
        assert traffic.arn is not None
        if not EndpointConfigs(account=account, inputs=inputs).owns(traffic.arn):
            raise UnreachableError(
                f"endpoint {inputs.endpoint_name} exists and is not this stack's. To manage it from here: "
                f"`pulumi import {TYPE} {inputs.endpoint_name} {traffic.arn}`"
            )
        if found.broken:
            self._log.info(f"deleting the endpoint that an earlier `up` left {found.word}: {found.failure}")
            self._delete_endpoint(account, inputs, "", PATIENCE)

    def _delete_endpoint(self, account: Account, inputs: EndpointInputs, urn: str, patience: float) -> None:
        traffic, name, asked = _traffic(account, inputs), inputs.endpoint_name, False
        waiting = Patience(_Clock(self._cancelled), _Progress(self._log, urn), patience)
        while (found := traffic.describe()) is not None:
            if not asked and not found.busy:
                find(
                    f"sagemaker:DeleteEndpoint {name}",
                    lambda: account.sagemaker.delete_endpoint(EndpointName=name),
                )
                asked = True
            waiting.pause(f"deleting the endpoint, which is {found.word}")

    def _keep_what_was_made(self, inputs: EndpointInputs, properties: Properties, error: Exception) -> None:
        """Raises InitFailedError when there is an endpoint to keep in the state, so that the next `up` goes on with it."""
        try:
            account = self._account(inputs)
            traffic = _traffic(account, inputs)
            found = traffic.describe()
            kept = (
                traffic.arn is not None
                and found is not None
                and not found.broken
                and EndpointConfigs(account=account, inputs=inputs).owns(traffic.arn)
            )
        except DeliveryError:
            return  # AWS is silent: the endpoint is found by its tag next time
        if kept and traffic.arn:
            outputs = _outputs(traffic.arn, inputs, properties)
            raise InitFailedError(
                traffic.arn, outputs=outputs, inputs=properties, reasons=[str(error)]
            ) from error


class _Clock:
    """Elapsed time; a pause ends at once when the user interrupts."""

    def __init__(self, cancelled: threading.Event) -> None:
        self._cancelled = cancelled

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise GaveUpError("interrupted. What was begun is recorded; run `pulumi up` again and it goes on")


class _Progress:
    """Progress beside the resource, as the engine shows it."""

    def __init__(self, log: Log, urn: str) -> None:
        self._log, self._urn = log, urn

    def note(self, sentence: str) -> None:
        self._log.info(sentence, self._urn)

    def waiting(self, why: str, seconds: float) -> None:
        self._log.status(f"{why} ({seconds:.0f} s)", self._urn)


def _refuse_account(account: str, inputs: EndpointInputs) -> None:
    if account not in inputs.allowed_accounts:
        raise BadInputError(
            "allowedAccounts",
            f"the credentials of profile {inputs.profile or '(default)'} are of account {account}, and this stack may only touch "
            f"{', '.join(inputs.allowed_accounts)}: check aws:profile and aws:allowedAccountIds",
        )


def _store(account: Account, inputs: EndpointInputs) -> S3Journal:
    return S3Journal(s3=account.s3, bucket=inputs.journal.bucket, key=inputs.journal.key, account=account.id)


def _traffic(account: Account, inputs: EndpointInputs) -> SageMakerTraffic:
    return SageMakerTraffic(sagemaker=account.sagemaker, name=inputs.endpoint_name)


def _look(account: Account, inputs: EndpointInputs) -> Seen:
    """Journal and endpoint; before the registry exists there is neither."""
    stored = None if inputs.journal.bucket == NOT_YET else _store(account, inputs).read()
    endpoint = _traffic(account, inputs).describe()
    members = members_of(account, endpoint.config) if endpoint and endpoint.config else {}
    return Seen(stored=stored, endpoint=endpoint, members=members)


def _moves(inputs: EndpointInputs, seen: Seen) -> set[str]:
    """What is to change on the endpoint itself."""
    if seen.endpoint is None:
        return {"variants", "weights"}
    changed = set()
    if not weights.same(_versions(inputs.weights) or {}, _versions(inputs.serving_at_check) or {}):
        changed.add("weights")
    wanted = {v: msgspec.structs.replace(m, digest="") for v, m in inputs.members.items()}
    if wanted != seen.members:
        changed.add("variants")
    journal = seen.stored.journal if seen.stored else Journal()
    if journal.live != inputs.release.live or journal.intent:  # whoever comes settles what is pending
        changed.add("release")
    return changed


def _versions(mapping: Mapping[str, int] | None) -> dict[Version, int] | None:
    return {Version(v): w for v, w in mapping.items()} if mapping is not None else None


def _differ(olds: Properties, news: Properties, key: str) -> bool:
    return (olds.get(key) or None) != (news.get(key) or None)


def _outputs(arn: str, inputs: EndpointInputs, properties: Properties) -> dict[str, Any]:
    return {**properties, "arn": arn, "name": inputs.endpoint_name}


def _retag(account: Account, arn: str, inputs: EndpointInputs, old_inputs: Properties) -> None:
    """Bring the endpoint's tags to what config says."""
    olds: Mapping[str, str] = old_inputs.get("tags") or {}
    if olds == inputs.tags:
        return
    gone: Sequence[str] = [k for k in olds if k not in inputs.tags]
    fresh: list[Any] = [{"Key": k, "Value": v} for k, v in inputs.tags.items()]
    if gone:
        ask("sagemaker:DeleteTags", lambda: account.sagemaker.delete_tags(ResourceArn=arn, TagKeys=gone))
    if fresh:
        ask("sagemaker:AddTags", lambda: account.sagemaker.add_tags(ResourceArn=arn, Tags=fresh))
