"""Manifests of who may do what in an environment's namespace. Pure."""

from collections.abc import Mapping
from typing import Any

from components.kubernetes.namespace import metadata
from components.kubernetes.objects import Manifest
from modeldelivery.release.naming import ROLE_ANNOTATION

SERVER, OPERATOR = "server", "modelctl"  # service accounts
# Whoever the cluster takes for one of these (on EKS, by an access entry) deploys environments, or operates them.
DEPLOYERS, OPERATORS = "model-delivery:deployers", "model-delivery:operators"
_ACCESS = "rbac.authorization.k8s.io"


def service_accounts(namespace: str, labels: Manifest, role_arn: Any) -> list[Manifest]:
    """The model servers', which has a role of AWS and no access to the cluster; and the operators'."""

    def account(name: str, annotations: Mapping[str, Any]) -> Manifest:
        return {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {**metadata(name, labels, namespace), "annotations": annotations},
            "automountServiceAccountToken": False,
        }

    return [account(SERVER, {ROLE_ANNOTATION: role_arn}), account(OPERATOR, {})]


def operators_role(namespace: str, labels: Manifest, route: str) -> Manifest:
    """What `modelctl` does: reads the one route and what is behind it, writes the route, and has more Pods made."""

    def may(group: str, resources: list[str], verbs: list[str], names: list[str] | None = None) -> Manifest:
        rule = {"apiGroups": [group], "resources": resources, "verbs": verbs}
        return rule if names is None else {**rule, "resourceNames": names}

    return {
        "apiVersion": f"{_ACCESS}/v1",
        "kind": "Role",
        "metadata": metadata(OPERATOR, labels, namespace),
        "rules": [
            may("gateway.networking.k8s.io", ["httproutes"], ["get", "patch"], [route]),
            may("apps", ["deployments"], ["get", "list"]),
            may("apps", ["deployments/scale"], ["patch"]),
            may("autoscaling", ["horizontalpodautoscalers"], ["get", "list", "patch"]),
        ],
    }


def operators_binding(namespace: str, labels: Manifest) -> Manifest:
    """To whom it is given."""
    return {
        "apiVersion": f"{_ACCESS}/v1",
        "kind": "RoleBinding",
        "metadata": metadata(OPERATOR, labels, namespace),
        "roleRef": {"apiGroup": _ACCESS, "kind": "Role", "name": OPERATOR},
        "subjects": [
            {"kind": "ServiceAccount", "name": OPERATOR, "namespace": namespace},
            {"apiGroup": _ACCESS, "kind": "Group", "name": OPERATORS},
        ],
    }
