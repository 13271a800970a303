"""Manifests of what the cluster itself refuses, whoever asks: a version with traffic taken away, traffic moved past the journal. Pure."""

from typing import Any

from components.kubernetes.access import DEPLOYERS, OPERATOR, OPERATORS
from components.kubernetes.namespace import metadata
from components.kubernetes.objects import Manifest

_API = "admissionregistration.k8s.io/v1"
_ROUTES = "gateway.networking.k8s.io"
# A namespace that is deleted takes everything with it.
_CLEANERS = [
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
    return _policy(
        f"{namespace}-membership",
        labels,
        namespace,
        route,
        rules=[
            _rule("apps", ["deployments"], ["UPDATE", "DELETE"]),
            _rule("apps", ["deployments/scale"], ["UPDATE"]),
            _rule("", ["services"], ["DELETE"]),
        ],
        # Scaled to nothing, a Scale says no number at all.
        condition="request.operation == 'DELETE' || !has(object.spec.replicas) || object.spec.replicas == 0",
        validation={
            "expression": f"!({has_traffic})",
            "messageExpression": f"{name} + ' has traffic: move it away first (modelctl rollback), then take it out of the fleet'",
        },
        spec={"paramKind": {"apiVersion": f"{_ROUTES}/v1", "kind": "HTTPRoute"}},
    )


def traffic(namespace: str, labels: Manifest, route: str) -> list[Manifest]:
    """Who writes the route's rules, or deletes it: operators and deployers, whose programs keep the journal."""
    names = [f"system:serviceaccount:{namespace}:{OPERATOR}", *_CLEANERS]
    changed = "(has(object.spec.rules) ? object.spec.rules : []) != (has(oldObject.spec.rules) ? oldObject.spec.rules : [])"
    return _policy(
        f"{namespace}-traffic",
        labels,
        namespace,
        route,
        rules=[_rule(_ROUTES, ["httproutes"], ["UPDATE", "DELETE"])],
        condition=f"request.name == '{route}' && (request.operation == 'DELETE' || {changed})",
        validation={
            "expression": f"request.userInfo.username in {names!r} || "
            f"request.userInfo.groups.exists(group, group in {[DEPLOYERS, OPERATORS]!r})",
            "message": f"traffic of {route} belongs to its journal: modelctl and pulumi up move it, nobody else",
        },
        spec={},
    )


def _policy(
    name: str,
    labels: Manifest,
    namespace: str,
    route: str,
    *,
    rules: list[Manifest],
    condition: str,
    validation: Manifest,
    spec: dict[str, Any],
) -> list[Manifest]:
    """The policy, and that it holds in this namespace; without a route nothing has traffic."""
    parameter = {"name": route, "namespace": namespace, "parameterNotFoundAction": "Allow"}
    return [
        {
            "apiVersion": _API,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": metadata(name, labels),
            "spec": {
                "failurePolicy": "Fail",
                **spec,
                "matchConstraints": {"resourceRules": rules},
                "matchConditions": [{"name": "concerns-traffic", "expression": condition}],
                "validations": [{**validation, "reason": "Forbidden"}],
            },
        },
        {
            "apiVersion": _API,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": metadata(name, labels),
            "spec": {
                "policyName": name,
                "validationActions": ["Deny"],
                "matchResources": {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
                },
                **({"paramRef": parameter} if "paramKind" in spec else {}),
            },
        },
    ]


def _rule(group: str, resources: list[str], operations: list[str]) -> Manifest:
    return {
        "apiGroups": [group],
        "apiVersions": ["v1"],
        "operations": operations,
        "resources": resources,
    }
