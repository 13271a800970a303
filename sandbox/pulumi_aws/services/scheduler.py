# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""EventBridge Scheduler: schedules of the group default. Of what pulumi-aws knows, what the sandbox carries out."""

from collections.abc import Mapping
from typing import Any

from sandbox.pulumi_aws.kind import REGION, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import block, integer, text
from sandbox.pulumi_aws.shape import from_api, to_api


class Schedule(Kind):
    pulumi_type = "aws:scheduler/schedule:Schedule"
    properties = {
        "name": text(replaces=True, computed=True),
        "groupName": text(replaces=True, computed=True),
        "description": text(),
        "scheduleExpression": text(required=True),
        "scheduleExpressionTimezone": text(default="UTC"),
        "flexibleTimeWindow": block({"mode": text(required=True, one_of=("OFF",))}, required=True),
        "state": text(default="ENABLED", one_of=("ENABLED", "DISABLED")),
        "target": block(
            {
                "arn": text(required=True),
                "roleArn": text(required=True),
                "input": text(),
                "retryPolicy": block(
                    {
                        "maximumEventAgeInSeconds": integer(default=86400),
                        "maximumRetryAttempts": integer(default=185),
                    },
                    computed=True,
                ),
            },
            required=True,
        ),
        "actionAfterCompletion": text(default="NONE", one_of=("NONE",)),
        "arn": text(output=True),
        **REGION,
    }
    auto_name = AutoName("name", 64)
    gone = ("ResourceNotFoundException",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        place("scheduler", "create_schedule", **self._sent(inputs))
        return f"{inputs.get('groupName') or 'default'}/{inputs['name']}"

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        group, _, name = id_.partition("/")
        return from_api(self.properties, place("scheduler", "get_schedule", GroupName=group, Name=name))

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        place("scheduler", "update_schedule", **self._sent(inputs))

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        group, _, name = id_.partition("/")
        place("scheduler", "delete_schedule", GroupName=group, Name=name)

    def _sent(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        own = {name: spec for name, spec in self.properties.items() if name not in REGION}
        return to_api(own, inputs)


KINDS: tuple[Kind, ...] = (Schedule(),)
