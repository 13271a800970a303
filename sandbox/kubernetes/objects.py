"""What a cluster holds from its beginning: the Gateway API's kinds, one Gateway, and what Traefik may do."""

import re
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from sandbox.home import SandboxError
from sandbox.kubernetes.api import Api, ApiError
from sandbox.kubernetes.layout import GATEWAY, GATEWAY_CLASS, GATEWAY_NAMESPACE, GATEWAY_PORT, NODE

_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_GATEWAY_API = "/apis/gateway.networking.k8s.io/v1"
_ACCESS = "/apis/rbac.authorization.k8s.io/v1"
_NAME = re.compile(r"^  name: (\S+)$", re.MULTILINE)
_AGAIN = 0.05  # seconds
# https://doc.traefik.io/traefik/reference/dynamic-configuration/kubernetes-gateway-rbac
_TRAEFIK = [
    {
        "apiGroups": [""],
        "resources": ["namespaces", "nodes", "services", "secrets", "configmaps"],
        "verbs": ["get", "list", "watch"],
    },
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    {
        "apiGroups": ["gateway.networking.k8s.io"],
        "resources": ["*"],
        "verbs": ["get", "list", "watch"],
    },
    {
        "apiGroups": ["gateway.networking.k8s.io"],
        "resources": [
            "gatewayclasses/status",
            "gateways/status",
            "httproutes/status",
            "backendtlspolicies/status",
        ],
        "verbs": ["update", "patch"],
    },
]


def install(api: Api, definitions: Path) -> None:
    """Apply all of it; returns once the new kinds are served. Raises ApiError, SandboxError."""
    define(api, sorted((definitions / "gateway-api").glob("*.yaml")))
    role = {"name": GATEWAY_CLASS}
    api.apply(
        f"{_ACCESS}/clusterroles/{GATEWAY_CLASS}",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": role,
            "rules": _TRAEFIK,
        },
    )
    api.apply(
        f"{_ACCESS}/clusterrolebindings/{GATEWAY_CLASS}",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": role,
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": GATEWAY_CLASS,
            },
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "traefik"}],
        },
    )
    api.apply(
        f"/api/v1/namespaces/{GATEWAY_NAMESPACE}",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": GATEWAY_NAMESPACE}},
    )
    api.apply(
        f"{_GATEWAY_API}/gatewayclasses/{GATEWAY_CLASS}",
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": {"name": GATEWAY_CLASS},
            "spec": {"controllerName": "traefik.io/gateway-controller"},
        },
    )
    api.apply(
        f"{_GATEWAY_API}/namespaces/{GATEWAY_NAMESPACE}/gateways/{GATEWAY}",
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": GATEWAY, "namespace": GATEWAY_NAMESPACE},
            "spec": {
                "gatewayClassName": GATEWAY_CLASS,
                "listeners": [
                    {
                        "name": "web",
                        "protocol": "HTTP",
                        "port": GATEWAY_PORT,
                        "allowedRoutes": {"namespaces": {"from": "All"}},
                    }
                ],
            },
        },
    )


def define(api: Api, files: Iterable[Path]) -> None:
    """Make kinds known; returns once they are served. Raises ApiError, SandboxError."""
    names = []
    for file in files:
        text = file.read_text()
        named = _NAME.search(text)
        if named is None:
            raise SandboxError(f"{file} names no kind: `make setup-kubernetes` writes it anew")
        names.append(named[1])
        api.apply_text(f"{_DEFINITIONS}/{named[1]}", text)
    for name in names:
        _until(api, f"{_DEFINITIONS}/{name}", "Established")


def wait_until_usable(api: Api, ended: threading.Event) -> None:
    """Return when the node takes Pods, a Pod can be made, and the Gateway serves; or when `ended` is set."""
    for path, condition in (
        (f"/api/v1/nodes/{NODE}", "Ready"),
        (f"{_GATEWAY_API}/namespaces/{GATEWAY_NAMESPACE}/gateways/{GATEWAY}", "Programmed"),
        ("/api/v1/namespaces/default/serviceaccounts/default", ""),
    ):
        _until(api, path, condition, ended)


def _until(api: Api, path: str, condition: str, ended: threading.Event | None = None) -> None:
    """Until the object is there, with its condition."""
    while ended is None or not ended.is_set():
        try:
            document = api.get(path)
        except ApiError as error:
            if error.status not in {0, 404}:
                raise
        else:
            conditions = document.get("status", {}).get("conditions") or ()  # null until somebody looked
            if not condition or any(
                (each["type"], each["status"]) == (condition, "True") for each in conditions
            ):
                return
        time.sleep(_AGAIN)
