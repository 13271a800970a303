"""Manifests of one version: its Pods, the Service by which the route leads to them, and how many there are. Pure."""

from typing import Any, TypedDict

from components.kubernetes.access import SERVER
from components.kubernetes.namespace import PORT, Pods, metadata
from components.kubernetes.objects import Manifest
from modeldelivery.release.naming import DIGEST_ANNOTATION, ROUTE_LABEL, VERSION_LABEL

_MODEL, _TEMPORARY = "/opt/ml/model", "/tmp"  # noqa: S108 - a volume of the Pod's own
_CORE = 1000  # millicores
# A gateway hears of a Pod's end a moment after the Pod does; then the server drains, for 20 s at most.
_PAUSE, _GRACE = 5, 35  # seconds
_SCALE_DOWN = 300  # seconds: a fallback that has just lost its traffic should still be warm when called back
_USER = 10001  # as the image has it


class Bits(TypedDict):
    """A version, everything by digest.

    Attributes:
        version: `vMAJOR.MINOR.PATCH`.
        digest: id of its digest set.
        image: `<repository>@sha256:<hex>`; it serves, and fetches the model.
        model_data: s3 URI of `model.tar.gz`.
        model_digest: digest of that.
        region: of the bucket.
    """

    version: str
    digest: str
    image: str
    model_data: str
    model_digest: str
    region: str


def manifests(
    name: str, namespace: str, labels: Manifest, route: str, *, bits: Bits, pods: Pods
) -> list[Manifest]:
    """All of a version's, each called `name`."""
    chosen = {ROUTE_LABEL: route, VERSION_LABEL: bits["version"]}
    named = metadata(name, {**labels, **chosen}, namespace)
    return [
        _deployment(named, chosen, bits, pods),
        _service(named, chosen),
        _autoscaler(named, pods),
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": named,
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": chosen}},
        },
    ]


def _deployment(named: Manifest, chosen: Manifest, bits: Bits, pods: Pods) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": named,
        "spec": {
            "replicas": pods["min"],  # at its beginning; afterwards the autoscaler's
            "selector": {"matchLabels": chosen},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {
                "metadata": {
                    "labels": named["labels"],
                    "annotations": {DIGEST_ANNOTATION: bits["digest"]},
                },
                "spec": _pod(bits, pods),
            },
        },
    }


def _pod(bits: Bits, pods: Pods) -> dict[str, Any]:
    resources = {
        "requests": {"cpu": f"{pods['millicores']}m", "memory": pods["memory"]},
        "limits": {"memory": pods["memory"]},  # without one of CPU, which would only make answers slow
    }
    closed = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    common = {"image": bits["image"], "resources": resources, "securityContext": closed}
    temporary = {"name": "temporary", "mountPath": _TEMPORARY}
    model_digest = {"name": "MODEL_SHA256", "value": bits["model_digest"]}
    fetch = {
        **common,
        "name": "model",
        "args": ["fetch"],
        "env": [
            {"name": "MODEL_DATA", "value": bits["model_data"]},
            model_digest,
            {"name": "AWS_REGION", "value": bits["region"]},
        ],
        "volumeMounts": [{"name": "model", "mountPath": _MODEL}, temporary],
    }
    # One process is one core, and a node has more of them than the Pod.
    workers = max(1, pods["millicores"] // _CORE)
    server = {
        **common,
        "name": "server",
        "args": ["serve"],
        "env": [
            {"name": "MODEL_VERSION", "value": bits["version"]},
            model_digest,
            {"name": "SAGEMAKER_MODEL_SERVER_WORKERS", "value": str(workers)},
        ],
        "ports": [{"name": "http", "containerPort": PORT}],
        "startupProbe": _probe(period=1, failures=120),
        "readinessProbe": _probe(period=2, failures=2),
        "livenessProbe": _probe(period=10, failures=3),
        "lifecycle": {"preStop": {"sleep": {"seconds": _PAUSE}}},
        "volumeMounts": [{"name": "model", "mountPath": _MODEL, "readOnly": True}, temporary],
    }
    return {
        "serviceAccountName": SERVER,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": _GRACE,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "initContainers": [fetch],
        "containers": [server],
        "volumes": [{"name": "model", "emptyDir": {}}, {"name": "temporary", "emptyDir": {}}],
    }


def _probe(*, period: int, failures: int) -> Manifest:
    return {
        "httpGet": {"path": "/ping", "port": PORT},
        "periodSeconds": period,
        "timeoutSeconds": 2,
        "failureThreshold": failures,
    }


def _service(named: Manifest, chosen: Manifest) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": named,
        "spec": {
            "type": "ClusterIP",
            "selector": chosen,
            "ports": [{"name": "http", "port": PORT, "targetPort": PORT}],
        },
    }


def _autoscaler(named: Manifest, pods: Pods) -> Manifest:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": named,
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": named["name"]},
            "minReplicas": pods["min"],
            "maxReplicas": pods["max"],
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": pods["target_cpu_percent"]},
                    },
                }
            ],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": _SCALE_DOWN}},
        },
    }
