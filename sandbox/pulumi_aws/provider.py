# ruff: noqa: ARG002 - the protocol hands over more than this provider needs
"""The embedded `pulumi-resource-aws`: pulumi-aws 7's behaviour for the types of this project, on this machine only."""

from collections.abc import Mapping, Sequence
from typing import Any

from modeldelivery.plugin.protocol import (
    Change,
    Checked,
    Created,
    Diff,
    Failure,
    Found,
    InitFailedError,
    Log,
    Provider,
    ProviderError,
    Resource,
)
from modeldelivery.plugin.values import UNKNOWN, Properties, contains_unknown
from sandbox.pulumi_aws import functions
from sandbox.pulumi_aws.calls import AwsError, Calls
from sandbox.pulumi_aws.compare import changes
from sandbox.pulumi_aws.config import Config, config_failures, parse_config
from sandbox.pulumi_aws.kind import Kind, Place
from sandbox.pulumi_aws.naming import NameTooLongError, auto_name
from sandbox.pulumi_aws.property import failures
from sandbox.pulumi_aws.services import KINDS
from sandbox.pulumi_aws.state import DEFAULTS, expected, incomplete, inputs_of, observed, updated

VERSION = "7.51.1"  # of the pulumi-aws package whose plugin this stands in for


class Aws(Provider):
    """The provider; it makes no call to AWS, and imports no boto3, until a resource is really touched."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self._config = Config()
        self._calls = Calls(self._config)

    def schema(self) -> Mapping[str, Any]:
        return {"name": "aws", "version": VERSION}

    def check_config(self, news: Properties) -> Checked:
        return Checked(news, config_failures(news))

    def configure(self, config: Properties) -> None:
        if contains_unknown(config):
            return  # a preview of a provider whose config is another resource's output
        self._config = parse_config(config)
        self._calls = Calls(self._config)

    def check(self, resource: Resource, olds: Properties, news: Properties, random_seed: bytes) -> Checked:
        kind = _kind(resource.type)
        inputs = {name: value for name, value in news.items() if value is not None and name != DEFAULTS}
        wrong = list(failures(kind.pulumi_type, kind.properties, inputs))
        rule, named = kind.auto_name, []
        if rule and rule.property not in inputs:
            named = [rule.property]
            kept = olds.get(rule.property) if rule.property in olds.get(DEFAULTS, ()) else None
            try:
                inputs[rule.property] = kept or auto_name(rule, resource.name, random_seed)
            except NameTooLongError as too_long:
                wrong.append(Failure(rule.property, f"{kind.pulumi_type}: {too_long}"))
        if "tags" in kind.properties and self._config.default_tags:
            own = inputs.get("tags", {})
            inputs["tags"] = own if own is UNKNOWN else {**self._config.default_tags, **own}
        return Checked({**inputs, DEFAULTS: named}, wrong)

    def diff(
        self,
        resource: Resource,
        id_: str,
        *,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore_changes: Sequence[str],
    ) -> Diff:
        kind = _kind(resource.type)
        changed = changes(kind.properties, old_outputs, news)
        # Without a word in the program a resource is where the provider is.
        here = self._config.region
        if (
            "region" in kind.properties
            and "region" not in news
            and here
            and old_outputs.get("region", here) != here
        ):
            changed["region"] = Change.UPDATE_REPLACE
        changed = {path: change for path, change in changed.items() if not _ignored(path, ignore_changes)}
        return Diff(changed, delete_before_replace=_name_is_taken(kind, old_inputs, news))

    def create(self, resource: Resource, inputs: Properties, *, timeout: float, preview: bool) -> Created:
        kind = _kind(resource.type)
        if preview:
            return Created("", expected(kind.properties, inputs, self._config.region or UNKNOWN))
        place = self._place(inputs)
        try:
            id_ = kind.create(place, inputs)
        except AwsError as failure:
            if "AlreadyExists" in failure.code or "AlreadyOwnedByYou" in failure.code:
                raise ProviderError(
                    f"{failure}; to take what is there into the stack, type "
                    f"`pulumi import {kind.pulumi_type} {resource.name} ID`"
                ) from failure
            raise
        try:
            kind.complete(place, id_, inputs)
            outputs = self._observe(kind, place, id_, inputs)
        except ProviderError as failure:
            raise InitFailedError(
                id_, outputs=incomplete(kind, inputs, place.region), inputs=inputs, reasons=[str(failure)]
            ) from failure
        if outputs is None:
            raise ProviderError(f"{kind.pulumi_type}: {id_} was gone right after it was made")
        return Created(id_, outputs)

    def read(self, resource: Resource, id_: str, inputs: Properties, outputs: Properties) -> Found | None:
        kind = _kind(resource.type)
        observation = self._observe(kind, self._place(outputs), id_, outputs)
        return (
            None
            if observation is None
            else Found(id_, inputs_of(kind.properties, inputs, observation), observation)
        )

    def update(
        self,
        resource: Resource,
        id_: str,
        *,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        timeout: float,
        preview: bool,
    ) -> Mapping[str, Any]:
        kind = _kind(resource.type)
        if preview:
            return updated(kind.properties, old_outputs, news)
        place = self._place(old_outputs)
        result = changes(kind.properties, old_outputs, news)
        changed = frozenset(path.partition(".")[0].partition("[")[0] for path in result) - {"tags"}
        if any(not kind.properties[name].local for name in changed):
            kind.update(place, id_, inputs=news, outputs=old_outputs, changed=changed)
        if "tags" in kind.properties and not kind.properties["tags"].local:
            self._retag(kind, place, id_, old_outputs, news.get("tags") or {})
        outputs = self._observe(kind, place, id_, news)
        if outputs is None:
            raise ProviderError(
                f"{kind.pulumi_type}: {id_} is gone: type `pulumi refresh`, and the next `pulumi up` makes it anew"
            )
        return outputs

    def delete(
        self, resource: Resource, id_: str, inputs: Properties, outputs: Properties, *, timeout: float
    ) -> None:
        kind = _kind(resource.type)
        try:
            kind.delete(self._place(outputs), id_, outputs)
        except AwsError as failure:
            if not kind.is_gone(failure):
                raise

    def invoke(self, token: str, args: Properties, *, preview: bool) -> Mapping[str, Any]:
        return functions.call(token, args, self._calls)

    def _place(self, properties: Mapping[str, Any]) -> Place:
        return Place(self._calls, str(properties.get("region") or self._calls.region))

    def _observe(
        self, kind: Kind, place: Place, id_: str, recorded: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        try:
            observation = kind.read(place, id_, recorded)
        except AwsError as failure:
            if kind.is_gone(failure):
                return None
            raise
        if observation is None:
            return None
        if "tags" in observation:
            observation = {**observation, "tags": self._config.ignore_tags.rest(observation["tags"] or {})}
        return observed(kind.properties, recorded, observation, place.region)

    def _retag(
        self, kind: Kind, place: Place, id_: str, outputs: Mapping[str, Any], wanted: Mapping[str, str]
    ) -> None:
        current = outputs.get("tags") or {}
        removed = sorted(current.keys() - wanted.keys())
        added = {key: value for key, value in wanted.items() if current.get(key) != value}
        if removed:
            kind.untag(place, id_, outputs, removed)
        if added:
            kind.tag(place, id_, outputs, added)


def _kind(token: str) -> Kind:
    if token not in KINDS:
        raise ProviderError(f"the sandbox's aws provider has no {token}; it has {', '.join(sorted(KINDS))}")
    return KINDS[token]


def _name_is_taken(kind: Kind, old_inputs: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether a replacement would have the old one's name, so that the old must go first (as the bridge decides)."""
    rule = kind.auto_name
    return (
        rule is not None
        and rule.property not in news.get(DEFAULTS, ())
        and old_inputs.get(rule.property) == news.get(rule.property)
    )


def _ignored(path: str, ignore_changes: Sequence[str]) -> bool:
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in ignore_changes)
