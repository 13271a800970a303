# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""Application Auto Scaling: scalable targets and their policies."""

from collections.abc import Mapping
from typing import Any

from modeldelivery.plugin.protocol import ProviderError
from sandbox.pulumi_aws.kind import REGION, TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import Property, block, blocks, flag, integer, mapping, number, text, texts
from sandbox.pulumi_aws.shape import from_api, to_api

_SERVICE = "application-autoscaling"
_SCALED: dict[str, Property] = {
    "serviceNamespace": text(required=True, replaces=True),
    "resourceId": text(required=True, replaces=True),
    "scalableDimension": text(required=True, replaces=True),
}


class Target(Kind):
    """Its id is the scaled resource's; an import names `NAMESPACE/RESOURCE/DIMENSION`."""

    pulumi_type = "aws:appautoscaling/target:Target"
    properties = {
        **_SCALED,
        "minCapacity": integer(required=True),
        "maxCapacity": integer(required=True),
        "roleArn": text(computed=True, api="RoleARN"),
        "suspendedState": block(
            {
                "dynamicScalingInSuspended": flag(default=False),
                "dynamicScalingOutSuspended": flag(default=False),
                "scheduledScalingSuspended": flag(default=False),
            },
            computed=True,
        ),
        "arn": text(output=True, api="ScalableTargetARN"),
        # Known to the state alone: moto's application-autoscaling has no tags, neither to set nor to list.
        "tags": mapping(local=True),
        "tagsAll": TAGS["tagsAll"],
        **REGION,
    }
    gone = ("ObjectNotFoundException",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        place(_SERVICE, "register_scalable_target", **self._parameters(inputs))
        return str(inputs["resourceId"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        scaled = recorded or _imported(id_, self.pulumi_type, parts=0)
        answer = place(
            _SERVICE,
            "describe_scalable_targets",
            ServiceNamespace=scaled["serviceNamespace"],
            ResourceIds=[scaled["resourceId"]],
            ScalableDimension=scaled["scalableDimension"],
        )
        if not answer["ScalableTargets"]:
            return None
        return from_api(self.properties, answer["ScalableTargets"][0])

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        place(_SERVICE, "register_scalable_target", **self._parameters(inputs))

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place(_SERVICE, "deregister_scalable_target", **to_api(_SCALED, recorded))

    def _parameters(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        named = {
            name: spec for name, spec in self.properties.items() if name not in {"tags", "tagsAll", "region"}
        }
        return to_api(named, inputs)


class Policy(Kind):
    """Its id is its name; an import names `NAMESPACE/RESOURCE/DIMENSION/NAME`."""

    pulumi_type = "aws:appautoscaling/policy:Policy"
    properties = {
        "name": text(replaces=True, computed=True, api="PolicyName"),
        **_SCALED,
        "policyType": text(default="StepScaling", one_of=("StepScaling", "TargetTrackingScaling")),
        "targetTrackingScalingPolicyConfiguration": block(
            {
                "targetValue": number(required=True),
                "disableScaleIn": flag(default=False),
                "scaleInCooldown": integer(),
                "scaleOutCooldown": integer(),
                "predefinedMetricSpecification": block(
                    {"predefinedMetricType": text(required=True), "resourceLabel": text()}
                ),
                "customizedMetricSpecification": block(
                    {
                        "metricName": text(),
                        "namespace": text(),
                        "statistic": text(),
                        "unit": text(),
                        "dimensions": blocks(
                            {"name": text(required=True), "value": text(required=True)}, unordered=True
                        ),
                    }
                ),
            }
        ),
        "stepScalingPolicyConfiguration": block(
            {
                "adjustmentType": text(),
                "cooldown": integer(),
                "metricAggregationType": text(),
                "minAdjustmentMagnitude": integer(),
                "stepAdjustments": blocks(
                    {
                        "scalingAdjustment": integer(required=True),
                        "metricIntervalLowerBound": text(),
                        "metricIntervalUpperBound": text(),
                    },
                    unordered=True,
                ),
            }
        ),
        "arn": text(output=True, api="PolicyARN"),
        "alarmArns": texts(output=True),
        **REGION,
    }
    auto_name = AutoName("name", 255)
    gone = ("ObjectNotFoundException",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        place(_SERVICE, "put_scaling_policy", **self._parameters(inputs))
        return str(inputs["name"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        scaled = recorded or _imported(id_, self.pulumi_type, parts=1)
        answer = place(
            _SERVICE,
            "describe_scaling_policies",
            PolicyNames=[scaled["name"]],
            **to_api(_SCALED, scaled),
        )
        if not answer["ScalingPolicies"]:
            return None
        policy = answer["ScalingPolicies"][0]
        return {
            **from_api(self.properties, policy),
            "alarmArns": [alarm["AlarmARN"] for alarm in policy.get("Alarms", ())],
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
        place(_SERVICE, "put_scaling_policy", **self._parameters(inputs))

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place(_SERVICE, "delete_scaling_policy", PolicyName=recorded["name"], **to_api(_SCALED, recorded))

    def _parameters(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        named = {name: spec for name, spec in self.properties.items() if name != "region"}
        return {"PolicyType": "StepScaling", **to_api(named, inputs)}


def _imported(id_: str, token: str, *, parts: int) -> dict[str, str]:
    """An import's id taken apart; the resource's own id holds slashes, so it is what is left in the middle."""
    pieces = id_.split("/")
    if len(pieces) < 3 + parts:
        form = "NAMESPACE/RESOURCE/DIMENSION" + "/NAME" * parts
        raise ProviderError(f"{token}: the id {id_!r} to import is not of the form {form}")
    name = pieces.pop() if parts else ""
    return {
        "serviceNamespace": pieces[0],
        "resourceId": "/".join(pieces[1:-1]),
        "scalableDimension": pieces[-1],
        "name": name,
    }


KINDS: tuple[Kind, ...] = (Target(), Policy())
