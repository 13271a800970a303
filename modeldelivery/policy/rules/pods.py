"""Pods that can do no more than serve."""

from modeldelivery.catalogue.pods import loosenesses, pod_specs
from modeldelivery.catalogue.tokens import NAMESPACE, is_of_a_cluster
from modeldelivery.policy.finding import Finding, Found, Level, ResourceRule
from modeldelivery.policy.manifest import at
from modeldelivery.policy.stack import Environment, Resource

_ENFORCE = "pod-security.kubernetes.io/enforce"


def _judge(resource: Resource, _: Environment) -> Found:
    if not is_of_a_cluster(resource.type):
        return
    for spec in pod_specs(resource.props):
        for each in loosenesses(spec):
            yield Finding(
                resource=resource,
                what=each.what,
                text=f"pods of {resource.name} are not restricted: {each.text}.",
                fix="declare pods with `components.kubernetes.version`, or take over its `securityContext`",
            )
    if resource.type == NAMESPACE:
        standard = at(resource.props, "metadata", "labels", _ENFORCE)
        if standard != "restricted":
            yield Finding(
                resource=resource,
                what=_ENFORCE,
                text=f"any pod that is not restricted may run in the namespace {resource.name}.",
                fix=f"the label `{_ENFORCE}: restricted`, as `components.kubernetes.namespace` has it",
            )


RESTRICTED_PODS = ResourceRule(
    name="restricted-pods",
    level=Level.MANDATORY,
    reason="A model's code is somebody else's: what its pod cannot do, nothing that is in it can.",
    fix="Kubernetes' restricted standard and a read-only root file system for every container, and a namespace that enforces it",
    judge=_judge,
)
