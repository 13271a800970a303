# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""SNS: topics and their policies; the id of both is the topic's ARN."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sandbox.pulumi_aws.kind import REGION, TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import document, text
from sandbox.pulumi_aws.shape import from_api, tag_list, tag_map

_GONE = (": NotFound",)


class Topic(Kind):
    pulumi_type = "aws:sns/topic:Topic"
    properties = {
        "name": text(replaces=True, computed=True),
        "displayName": text(),
        "kmsMasterKeyId": text(),
        "policy": document(computed=True),
        "deliveryPolicy": document(),
        "arn": text(output=True, api="TopicArn"),
        "owner": text(output=True),
        **TAGS,
        **REGION,
    }
    auto_name = AutoName("name", 256)
    gone = _GONE
    _attributes = {
        "displayName": "DisplayName",
        "kmsMasterKeyId": "KmsMasterKeyId",
        "policy": "Policy",
        "deliveryPolicy": "DeliveryPolicy",
    }

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        attributes = {api: inputs[name] for name, api in self._attributes.items() if inputs.get(name)}
        answer = place(
            "sns",
            "create_topic",
            Name=inputs["name"],
            Attributes=attributes,
            Tags=tag_list(inputs.get("tags") or {}),
        )
        return str(answer["TopicArn"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        attributes = place("sns", "get_topic_attributes", TopicArn=id_)["Attributes"]
        return {
            "name": id_.rpartition(":")[2],
            **from_api(
                {name: spec for name, spec in self.properties.items() if name not in {"tags", "region"}},
                attributes,
            ),
            "tags": tag_map(place("sns", "list_tags_for_resource", ResourceArn=id_)["Tags"]),
        }

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        for name, api in self._attributes.items():
            if name in changed:
                place(
                    "sns",
                    "set_topic_attributes",
                    TopicArn=id_,
                    AttributeName=api,
                    AttributeValue=inputs.get(name) or "",
                )

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        place("sns", "tag_resource", ResourceArn=id_, Tags=tag_list(tags))

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        place("sns", "untag_resource", ResourceArn=id_, TagKeys=sorted(keys))

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("sns", "delete_topic", TopicArn=id_)


class TopicPolicy(Kind):
    pulumi_type = "aws:sns/topicPolicy:TopicPolicy"
    properties = {
        "arn": text(required=True, replaces=True),
        "policy": document(required=True),
        "owner": text(output=True),
        **REGION,
    }
    gone = _GONE

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        self._put(place, inputs["arn"], inputs["policy"])
        return str(inputs["arn"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        attributes = place("sns", "get_topic_attributes", TopicArn=id_)["Attributes"]
        if not attributes.get("Policy"):
            return None
        return {"arn": id_, "policy": attributes["Policy"], "owner": attributes["Owner"]}

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        self._put(place, id_, inputs["policy"])

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        # A topic always has a policy: what is left is the one that SNS gives to a new topic.
        self._put(place, id_, json.dumps(_default_policy(id_, place.account)))

    def _put(self, place: Place, arn: str, policy: str) -> None:
        place("sns", "set_topic_attributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def _default_policy(arn: str, account: str) -> dict[str, Any]:
    actions = "AddPermission DeleteTopic GetTopicAttributes ListSubscriptionsByTopic Publish RemovePermission"
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},  # limited to the owner by the condition
                "Action": [
                    f"SNS:{action}" for action in (*actions.split(), "SetTopicAttributes", "Subscribe")
                ],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
            }
        ],
    }


KINDS: tuple[Kind, ...] = (Topic(), TopicPolicy())
