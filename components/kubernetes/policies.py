"""A ValidatingAdmissionPolicy and its binding to one namespace. Pure."""

from collections.abc import Sequence

from components.kubernetes.namespace import metadata
from components.kubernetes.objects import Manifest

_API = "admissionregistration.k8s.io/v1"
# In CEL: the object that a request writes or deletes. Its name is its own: a request that deletes a collection names none, and is asked
# about with each of its objects.
WRITTEN = "(request.operation == 'DELETE' ? oldObject : object)"
NAME = f"{WRITTEN}.metadata.name"


def policy(
    name: str,
    labels: Manifest,
    namespace: str,
    *,
    rules: Sequence[Manifest],
    condition: str,
    validations: Sequence[Manifest],
    route: str | None = None,
) -> list[Manifest]:
    """The policy, and that it holds in this namespace.

    Args:
        name: of both.
        labels: likewise.
        namespace: where it holds.
        rules: which requests it looks at.
        condition: CEL; requests for which it is false are let through.
        validations: what must be true of the others, each with its sentence.
        route: the HTTPRoute that is the policy's parameter, if it has one; where that is not there, everything is let through.
    """
    kind = {"paramKind": {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute"}}
    parameter = {"paramRef": {"name": route, "namespace": namespace, "parameterNotFoundAction": "Allow"}}
    return [
        {
            "apiVersion": _API,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": metadata(name, labels),
            "spec": {
                "failurePolicy": "Fail",
                **(kind if route else {}),
                "matchConstraints": {"resourceRules": list(rules)},
                "matchConditions": [{"name": "concerns-it", "expression": condition}],
                "validations": [{**each, "reason": "Forbidden"} for each in validations],
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
                **(parameter if route else {}),
            },
        },
    ]


def in_groups(*groups: str) -> str:
    """Whether whoever asks is in one of these groups, in CEL."""
    return f"request.userInfo.groups.exists(group, group in {list(groups)!r})"


def rule(group: str, resources: Sequence[str], operations: Sequence[str]) -> Manifest:
    """Requests of any version of a group's API."""
    return {
        "apiGroups": [group],
        "apiVersions": ["*"],
        "operations": list(operations),
        "resources": list(resources),
    }
