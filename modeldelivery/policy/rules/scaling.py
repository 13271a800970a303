"""Autoscaling knows every variant, and never takes away what it runs on."""

from modeldelivery.catalogue.tokens import ENDPOINT, SCALING_TARGET
from modeldelivery.policy.finding import Finding, Found, Level, NotKnown, StackRule
from modeldelivery.policy.rules.alarms import variants
from modeldelivery.policy.stack import UNKNOWN, Resource, Stack


def _judge(stack: Stack) -> Found:
    targets = {str(each.props.get("resourceId")): each for each in stack.of(SCALING_TARGET)}
    for target in targets.values():
        yield from _itself(target)
    for endpoint in stack.of(ENDPOINT):
        for variant, runs in variants(endpoint):
            target_id = f"endpoint/{endpoint.props['endpointName']}/variant/{variant}"
            result = targets.get(target_id)
            if result is None:
                yield Finding(
                    resource=endpoint,
                    what=f"no target for {variant}",
                    text=f"{variant} on {endpoint.props['endpointName']} does not scale.",
                    fix=f"`components.autoscaling.autoscale` it: a Target with resource id {target_id}",
                )
            else:
                yield from _below(result, runs["instanceCount"])


def _itself(target: Resource) -> Found:
    low, high = target.props.get("minCapacity"), target.props.get("maxCapacity")
    if low is UNKNOWN or high is UNKNOWN or low is None or high is None:
        yield NotKnown(resource=target, what="minCapacity, maxCapacity")
    elif high < low:
        yield Finding(
            resource=target,
            what=f"max {high:g} below min {low:g}",
            text=f"{target.name} scales to at most {high:g} instances and at least {low:g}.",
            fix="`max` not below `min` in `model-delivery:instances`",
        )


def _below(target: Resource, runs: float | None) -> Found:
    low = target.props.get("minCapacity")
    if isinstance(low, int | float) and isinstance(runs, int | float) and low < runs:
        yield Finding(
            resource=target,
            what=f"min {low:g} below {runs:g}",
            text=f"{target.name} may scale in to {low:g} instances, and its variant runs on {runs:g}: a fallback would be "
            "too small when it is called back.",
            fix=f"a minimum of {runs:g}, as `model-delivery:instances.min`",
        )


SCALING = StackRule(
    name="scaling",
    level=Level.MANDATORY,
    reason="A rollback to a version that has scaled below the traffic is an outage (argo-rollouts#4612).",
    fix="a Target for each variant, its minimum not below the variant's instance count, its maximum not below its minimum",
    judge=_judge,
)
