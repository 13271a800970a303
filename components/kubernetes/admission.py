"""Manifests of what the cluster itself refuses, whoever asks: a version with traffic taken away, traffic moved past the journal, and other bits under a version's name. Pure."""

from collections.abc import Sequence

from components.kubernetes.access import DEPLOYERS, OPERATOR, OPERATORS
from components.kubernetes.objects import Manifest
from components.kubernetes.policies import NAME, in_groups, policy, rule
from modeldelivery.release.naming import DIGEST_ANNOTATION

_ROUTES = "gateway.networking.k8s.io"
# A namespace that is deleted takes everything with it. The garbage collector is none of them: it deletes what `ownerReferences` say, and
# whoever may write an object's metadata writes those.
CLEANERS = ["system:serviceaccount:kube-system:namespace-controller"]
_OLD = "oldObject.metadata.name"


def membership(namespace: str, labels: Manifest, route: str) -> list[Manifest]:
    """No version that has traffic is deleted or scaled to nothing, not by a prune either; the route says which have some."""
    has_traffic = _behind(f"ref.name == {_OLD} && (!has(ref.weight) || ref.weight > 0)")
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
                "messageExpression": f"{_OLD} + ' has traffic: move it away first (modelctl rollback), then take it out of the fleet'",
            }
        ],
        route=route,
    )


def bits(namespace: str, labels: Manifest, route: str, foreign: Sequence[str]) -> list[Manifest]:
    """What is behind the route goes on being what config says, where nobody but deployers delivers it: a version's pods, and where its Service leads.

    At weight 0 too: a rollback goes there.

    Args:
        namespace: where it serves.
        labels: of the policy.
        route: the HTTPRoute's name.
        foreign: names of what other teams deliver there.
    """
    digest = f"spec.template.metadata.?annotations[?'{DIGEST_ANNOTATION}'].orValue('')"
    other_pods = (
        f"object.spec.template.spec != oldObject.spec.template.spec || object.{digest} != oldObject.{digest}"
    )
    return policy(
        f"{namespace}-bits",
        labels,
        namespace,
        rules=[
            rule("apps", ["deployments"], ["CREATE", "UPDATE"]),
            rule("", ["services"], ["CREATE", "UPDATE"]),
        ],
        condition=f"!({NAME} in {list(foreign)!r}) && (request.operation == 'CREATE' || "
        f"(request.resource.resource == 'services' ? object.spec != oldObject.spec : {other_pods}))",
        validations=[
            {
                "expression": f"{in_groups(DEPLOYERS)} || !({_behind(f'ref.name == {NAME}')})",
                "messageExpression": f"{NAME} + ' is behind {route}, and what it serves is config: pulumi up changes it, nobody else'",
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
        condition=f"{NAME} == '{route}' && (request.operation == 'UPDATE' ? {changed} : "
        f"request.operation == 'CREATE' ? {made} : {gone})",
        validations=[
            {
                "expression": f"request.userInfo.username in {names!r} || {in_groups(DEPLOYERS, OPERATORS)}",
                "message": f"traffic of {route} belongs to its journal: modelctl and pulumi up move it, nobody else",
            }
        ],
    )


def _behind(reference: str) -> str:
    """Whether the route, which is the policy's parameter, has such a reference `ref`, in CEL."""
    return (
        "has(params.spec.rules) && params.spec.rules.exists(rule, has(rule.backendRefs) && rule.backendRefs.exists(ref, "
        f"{reference}))"
    )
