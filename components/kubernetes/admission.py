"""Manifests of what the cluster itself refuses, whoever asks: a version with traffic taken away, traffic moved past the journal. Pure."""

from components.kubernetes.access import DEPLOYERS, OPERATOR, OPERATORS
from components.kubernetes.objects import Manifest
from components.kubernetes.policies import policy, rule

_ROUTES = "gateway.networking.k8s.io"
# A namespace that is deleted takes everything with it.
CLEANERS = [
    f"system:serviceaccount:kube-system:{name}"
    for name in ("namespace-controller", "generic-garbage-collector")
]


def membership(namespace: str, labels: Manifest, route: str) -> list[Manifest]:
    """No version that has traffic is deleted or scaled to nothing, not by a prune either; the route says which have some."""
    name = "oldObject.metadata.name"
    has_traffic = (
        "has(params.spec.rules) && params.spec.rules.exists(rule, has(rule.backendRefs) && rule.backendRefs.exists(ref, "
        f"ref.name == {name} && (!has(ref.weight) || ref.weight > 0)))"
    )
    return policy(
        f"{namespace}-membership",
        labels,
        namespace,
        rules=[
            rule("apps", ["deployments"], ["UPDATE", "DELETE"]),
            rule("apps", ["deployments/scale"], ["UPDATE"]),
            rule("", ["services"], ["DELETE"]),
        ],
        # Scaled to nothing, a Scale says no number at all.
        condition="request.operation == 'DELETE' || !has(object.spec.replicas) || object.spec.replicas == 0",
        validations=[
            {
                "expression": f"!({has_traffic})",
                "messageExpression": f"{name} + ' has traffic: move it away first (modelctl rollback), then take it out of the fleet'",
            }
        ],
        route=route,
    )


def traffic(namespace: str, labels: Manifest, route: str) -> list[Manifest]:
    """Who writes the route's rules, or deletes them with it: operators and deployers, whose programs keep the journal.

    A route that leads nowhere yet is whoever's delivers it.
    """
    names = [f"system:serviceaccount:{namespace}:{OPERATOR}", *CLEANERS]
    changed = "(has(object.spec.rules) ? object.spec.rules : []) != (has(oldObject.spec.rules) ? oldObject.spec.rules : [])"
    made, gone = (
        f"has({it}.spec.rules) && {it}.spec.rules.exists(rule, has(rule.backendRefs))"
        for it in ("object", "oldObject")
    )
    return policy(
        f"{namespace}-traffic",
        labels,
        namespace,
        rules=[rule(_ROUTES, ["httproutes"], ["CREATE", "UPDATE", "DELETE"])],
        condition=f"request.name == '{route}' && (request.operation == 'UPDATE' ? {changed} : "
        f"request.operation == 'CREATE' ? {made} : {gone})",
        validations=[
            {
                "expression": f"request.userInfo.username in {names!r} || "
                f"request.userInfo.groups.exists(group, group in {[DEPLOYERS, OPERATORS]!r})",
                "message": f"traffic of {route} belongs to its journal: modelctl and pulumi up move it, nobody else",
            }
        ],
    )
