# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""CloudWatch Logs: log groups; the id of one is its name."""

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.pulumi_aws.kind import REGION, TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import flag, integer, text
from sandbox.pulumi_aws.shape import from_api


class LogGroup(Kind):
    pulumi_type = "aws:cloudwatch/logGroup:LogGroup"
    properties = {
        "name": text(replaces=True, computed=True, api="logGroupName"),
        # AWS can associate another key later; moto (5.2.5) cannot, so that the group is made anew here.
        "kmsKeyId": text(replaces=True, api="kmsKeyId"),
        "retentionInDays": integer(default=0, api="retentionInDays"),
        "skipDestroy": flag(default=False, local=True),
        "arn": text(output=True, api="arn"),
        **TAGS,
        **REGION,
    }
    auto_name = AutoName("name", 512)
    gone = ("ResourceNotFoundException",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        name = str(inputs["name"])
        key = {"kmsKeyId": inputs["kmsKeyId"]} if inputs.get("kmsKeyId") else {}
        place("logs", "create_log_group", logGroupName=name, tags=inputs.get("tags") or {}, **key)
        self._retain(place, name, inputs)
        return name

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        groups = place("logs", "describe_log_groups", logGroupNamePrefix=id_)["logGroups"]
        group = next((each for each in groups if each["logGroupName"] == id_), None)
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")  # as pulumi-aws shows it
        own = {name: spec for name, spec in self.properties.items() if name not in {*TAGS, *REGION}}
        tags = place("logs", "list_tags_for_resource", resourceArn=arn)["tags"]
        return {"retentionInDays": 0, **from_api(own, group), "arn": arn, "tags": tags}

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        self._retain(place, id_, inputs)

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        place("logs", "tag_resource", resourceArn=outputs["arn"], tags=dict(tags))

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        place("logs", "untag_resource", resourceArn=outputs["arn"], tagKeys=sorted(keys))

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("logs", "delete_log_group", logGroupName=id_)

    def _retain(self, place: Place, name: str, inputs: Mapping[str, Any]) -> None:
        """0 keeps what is logged for ever."""
        if days := inputs.get("retentionInDays"):
            place("logs", "put_retention_policy", logGroupName=name, retentionInDays=int(days))
        else:
            place("logs", "delete_retention_policy", logGroupName=name)


KINDS: tuple[Kind, ...] = (LogGroup(),)
