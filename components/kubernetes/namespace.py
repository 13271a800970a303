"""Manifests of an environment's namespace: what may run in it, how much of it, and who may talk to it. Pure."""

from typing import Any, TypedDict

from components.kubernetes.objects import Manifest

PORT = 8080  # of model servers
_DNS, _HTTPS = 53, 443
# EKS' Pod Identity serves a role's keys there, by IPv4 and by IPv6.
_POD_IDENTITY = ("169.254.170.23/32", "fd00:ec2::23/128")
_POD_IDENTITY_PORT = 80


class Pods(TypedDict):
    """What one Pod of a version gets, and how many of them there are.

    Attributes:
        millicores: thousandths of a CPU.
        memory: a quantity, `4Gi`.
        min, max: Pods of one version.
        target_cpu_percent: of what a Pod asks for, by which their number follows its load.
    """

    millicores: int
    memory: str
    min: int
    max: int
    target_cpu_percent: int


def metadata(name: str, labels: Manifest, namespace: str | None = None) -> dict[str, Any]:
    """An object's name and labels."""
    named = {"name": name, "labels": dict(labels)}
    return named if namespace is None else {**named, "namespace": namespace}


def namespace(name: str, labels: Manifest) -> Manifest:
    """Pods that are not restricted (https://kubernetes.io/docs/concepts/security/pod-security-standards/) are refused in it."""
    restricted = {f"pod-security.kubernetes.io/{what}": "restricted" for what in ("enforce", "warn", "audit")}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": metadata(name, {**labels, **restricted}),
    }


def quota(name: str, labels: Manifest, pods: Pods, versions: int) -> Manifest:
    """Room for every version at its most, for one Pod more of each while it changes, and for one version that leaves."""
    count = (versions + 1) * (pods["max"] + 1)
    memory = f"{count * mebibytes(pods['memory'])}Mi"
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": metadata("quota", labels, name),
        "spec": {
            "hard": {
                "pods": str(count),
                "requests.cpu": f"{count * pods['millicores']}m",
                "requests.memory": memory,
                "limits.memory": memory,
                # Requests come by the gateway.
                "services.loadbalancers": "0",
                "services.nodeports": "0",
            }
        },
    }


def limits(name: str, labels: Manifest, pods: Pods) -> Manifest:
    """What a container gets that asks for nothing: the quota counts each."""
    request = {"cpu": f"{pods['millicores']}m", "memory": pods["memory"]}
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": metadata("limits", labels, name),
        "spec": {
            "limits": [
                {"type": "Container", "default": {"memory": pods["memory"]}, "defaultRequest": request}
            ]
        },
    }


def network_policies(name: str, labels: Manifest, gateway_namespace: str) -> list[Manifest]:
    """Nothing but requests from the gateway comes in; names, S3 and a role's keys can be asked for."""

    def policy(title: str, spec: dict[str, Any]) -> Manifest:
        return {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata(title, labels, name),
            "spec": {"podSelector": {}, **spec},
        }

    gateway = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": gateway_namespace}}}
    names = [{"protocol": protocol, "port": _DNS} for protocol in ("UDP", "TCP")]
    keys = [{"ipBlock": {"cidr": cidr}} for cidr in _POD_IDENTITY]
    return [
        policy("nothing", {"policyTypes": ["Ingress", "Egress"]}),
        policy(
            "from-gateway",
            {
                "policyTypes": ["Ingress"],
                "ingress": [{"from": [gateway], "ports": [{"protocol": "TCP", "port": PORT}]}],
            },
        ),
        policy(
            "to-names-and-s3",
            {
                "policyTypes": ["Egress"],
                "egress": [
                    {"ports": names},
                    {"ports": [{"protocol": "TCP", "port": _HTTPS}]},
                    {"to": keys, "ports": [{"protocol": "TCP", "port": _POD_IDENTITY_PORT}]},
                ],
            },
        ),
    ]


def mebibytes(memory: str) -> int:
    """Of `512Mi` or `4Gi`, the two units that config takes."""
    number, unit = int(memory[:-2]), memory[-2:]
    return number * {"Mi": 1, "Gi": 1024}[unit]
