# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""CodeConnections: connections to Git hosts; the id of one is its ARN."""

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.pulumi_aws.kind import REGION, TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import text
from sandbox.pulumi_aws.shape import from_api, tag_list, tag_map, to_api


class Connection(Kind):
    pulumi_type = "aws:codeconnections/connection:Connection"
    properties = {
        "name": text(replaces=True, computed=True, api="ConnectionName"),
        "providerType": text(replaces=True, computed=True),
        "arn": text(output=True, api="ConnectionArn"),
        "connectionStatus": text(output=True),
        "ownerAccountId": text(output=True),
        **TAGS,
        **REGION,
    }
    auto_name = AutoName("name", 32)
    gone = ("ResourceNotFoundException",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        named = {name: self.properties[name] for name in ("name", "providerType")}
        tags = tag_list(inputs.get("tags") or {})
        answer = place("codeconnections", "create_connection", **to_api(named, inputs), Tags=tags)
        return str(answer["ConnectionArn"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        connection = place("codeconnections", "get_connection", ConnectionArn=id_)["Connection"]
        tags = place("codeconnections", "list_tags_for_resource", ResourceArn=id_)["Tags"]
        return {**from_api(self.properties, connection), "tags": tag_map(tags)}

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        place("codeconnections", "tag_resource", ResourceArn=id_, Tags=tag_list(tags))

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        place("codeconnections", "untag_resource", ResourceArn=id_, TagKeys=sorted(keys))

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("codeconnections", "delete_connection", ConnectionArn=id_)


KINDS: tuple[Kind, ...] = (Connection(),)
