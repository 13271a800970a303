# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""EventBridge: rules of the default bus, and their targets."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import uuid4

from sandbox.pulumi_aws.kind import REGION, TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import block, document, flag, mapping, text
from sandbox.pulumi_aws.shape import from_api, tag_list, tag_map, to_api

_GONE = ("ResourceNotFoundException",)


class EventRule(Kind):
    pulumi_type = "aws:cloudwatch/eventRule:EventRule"
    properties = {
        "name": text(replaces=True, computed=True),
        "description": text(),
        "eventPattern": document(),
        "state": text(computed=True, one_of=("ENABLED", "DISABLED")),
        "forceDestroy": flag(default=False, local=True),
        "arn": text(output=True),
        **TAGS,
        **REGION,
    }
    auto_name = AutoName("name", 64)
    gone = _GONE

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        self._put(place, inputs, Tags=tag_list(inputs.get("tags") or {}))
        return str(inputs["name"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        rule = place("events", "describe_rule", Name=id_)
        tags = place("events", "list_tags_for_resource", ResourceARN=rule["Arn"])["Tags"]
        return {**from_api(self.properties, rule), "tags": tag_map(tags)}

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        self._put(place, inputs)

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        place("events", "tag_resource", ResourceARN=outputs["arn"], Tags=tag_list(tags))

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        place("events", "untag_resource", ResourceARN=outputs["arn"], TagKeys=sorted(keys))

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("events", "delete_rule", Name=id_)

    def _put(self, place: Place, inputs: Mapping[str, Any], **more: Any) -> None:
        named = {name: self.properties[name] for name in ("name", "description", "eventPattern", "state")}
        place("events", "put_rule", **to_api(named, inputs), **more)


class EventTarget(Kind):
    pulumi_type = "aws:cloudwatch/eventTarget:EventTarget"
    properties = {
        "rule": text(required=True, replaces=True),
        "targetId": text(replaces=True, computed=True, api="Id"),
        "arn": text(required=True),
        "input": text(),
        "inputPath": text(),
        "inputTransformer": block(
            {"inputTemplate": text(required=True), "inputPaths": mapping(api="InputPathsMap")}
        ),
        "forceDestroy": flag(default=False, local=True),
        **REGION,
    }
    gone = _GONE

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        target = inputs.get("targetId") or f"terraform-{uuid4().hex[:26]}"
        self._put(place, {**inputs, "targetId": target})
        return f"{inputs['rule']}-{target}"

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        rule = recorded.get("rule") or id_.partition("/")[0]
        listed = place("events", "list_targets_by_rule", Rule=rule)["Targets"]
        targets = [one for one in listed if id_ in {f"{rule}-{one['Id']}", f"{rule}/{one['Id']}"}]
        return {**from_api(self.properties, targets[0]), "rule": rule} if targets else None

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        self._put(place, {**inputs, "targetId": outputs["targetId"]})

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("events", "remove_targets", Rule=recorded["rule"], Ids=[recorded["targetId"]])

    def _put(self, place: Place, inputs: Mapping[str, Any]) -> None:
        own = {name: spec for name, spec in self.properties.items() if name not in {"rule", *REGION}}
        answer = place("events", "put_targets", Rule=inputs["rule"], Targets=[to_api(own, inputs)])
        assert not answer.get("FailedEntries"), answer


KINDS: tuple[Kind, ...] = (EventRule(), EventTarget())
