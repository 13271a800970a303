"""Application Auto Scaling: what is not there, what goes with a target, and policies by their names.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html
"""

import json
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeApplicationAutoscalingPolicy
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError


def apply() -> None:
    _say_what_is_not_there()
    _list_the_policies_that_were_named()


def _say_what_is_not_there() -> None:
    """Take away a target's policies with it, and answer ObjectNotFoundException (moto: ValidationException, or nothing)."""
    deregister = ApplicationAutoscalingBackend.deregister_scalable_target
    put_policy = ApplicationAutoscalingBackend.put_scaling_policy
    delete_policy = ApplicationAutoscalingBackend.delete_scaling_policy

    def deregister_scalable_target(
        self: ApplicationAutoscalingBackend, namespace: str, r_id: str, dimension: str
    ) -> None:
        _require_target(self, namespace, r_id, dimension)
        deregister(self, namespace, r_id, dimension)
        for policy in [p for p in self.policies.values() if _belongs(p, namespace, r_id, dimension)]:
            delete_policy(self, policy.policy_name, namespace, r_id, dimension)

    def put_scaling_policy(
        self: ApplicationAutoscalingBackend, **policy: Any
    ) -> FakeApplicationAutoscalingPolicy:
        _require_target(
            self, policy["service_namespace"], policy["resource_id"], policy["scalable_dimension"]
        )
        return put_policy(self, **policy)

    def delete_scaling_policy(
        self: ApplicationAutoscalingBackend,
        policy_name: str,
        service_namespace: str,
        resource_id: str,
        scalable_dimension: str,
    ) -> None:
        named = (service_namespace, resource_id, scalable_dimension)
        if not any(p.policy_name == policy_name and _belongs(p, *named) for p in self.policies.values()):
            raise _not_found("scaling policy", *named, f", policy name: {policy_name}")
        delete_policy(self, policy_name, *named)

    ApplicationAutoscalingBackend.deregister_scalable_target = deregister_scalable_target  # type: ignore[method-assign]
    ApplicationAutoscalingBackend.put_scaling_policy = put_scaling_policy  # type: ignore[assignment,method-assign]
    ApplicationAutoscalingBackend.delete_scaling_policy = delete_scaling_policy  # type: ignore[method-assign]


def _list_the_policies_that_were_named() -> None:
    """AWS lists the policies of `PolicyNames`; moto lists all of them."""
    every = ApplicationAutoScalingResponse.describe_scaling_policies

    def describe_scaling_policies(self: ApplicationAutoScalingResponse) -> str:
        answer = json.loads(every(self))
        if names := self._get_param("PolicyNames"):
            answer["ScalingPolicies"] = [
                one for one in answer["ScalingPolicies"] if one["PolicyName"] in names
            ]
        return json.dumps(answer)

    ApplicationAutoScalingResponse.describe_scaling_policies = describe_scaling_policies  # type: ignore[method-assign]


def _belongs(policy: FakeApplicationAutoscalingPolicy, namespace: str, resource: str, dimension: str) -> bool:
    of_policy = (policy.service_namespace, policy.resource_id, policy.scalable_dimension)
    return of_policy == (namespace, resource, dimension)


def _require_target(
    backend: ApplicationAutoscalingBackend, namespace: str, resource: str, dimension: str
) -> None:
    if resource not in backend.targets.get(dimension, {}):
        raise _not_found("scalable target", namespace, resource, dimension)


def _not_found(kind: str, namespace: str, resource: str, dimension: str, more: str = "") -> JsonRESTError:
    return JsonRESTError(
        "ObjectNotFoundException",
        f"No {kind} found for service namespace: {namespace}, resource ID: {resource}, "
        f"scalable dimension: {dimension}{more}",
    )
