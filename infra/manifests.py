"""What config says of an environment's objects on Kubernetes, in the words of `components.kubernetes.manifests`. Pure."""

from collections.abc import Mapping, Sequence

from components.kubernetes import manifests
from components.kubernetes.manifests import Shape
from components.kubernetes.objects import Manifest
from infra.serving import Cluster, Pods
from infra.settings import Settings
from modeldelivery.provider.sdk import RegisteredVersion
from modeldelivery.release.core.request import Entrance


def shape(settings: Settings) -> Shape:
    """What the environment's objects have in common; of an environment on Kubernetes."""
    place, pods, cluster = settings.place, settings.instances, settings.serving.kubernetes
    assert isinstance(pods, Pods)
    assert cluster is not None
    return {
        "route": place.endpoint,
        "namespace": cluster.namespace,
        "region": place.region,
        "pods": {
            "millicores": pods.millicores,
            "memory": pods.memory,
            "min": pods.min,
            "max": pods.max,
            "target_cpu_percent": pods.target_cpu_percent,
        },
        "labels": {
            "app.kubernetes.io/name": place.model,
            "app.kubernetes.io/instance": place.endpoint,
            "app.kubernetes.io/managed-by": "model-delivery",
        },
    }


def entrance(cluster: Cluster) -> Entrance:
    """How requests come to the route."""
    return Entrance(
        gateway=cluster.gateway.name,
        gateway_namespace=cluster.gateway.namespace,
        hostname=cluster.hostname,
        settle_seconds=cluster.settle_seconds,
    )


def folder(settings: Settings, versions: Sequence[RegisteredVersion]) -> Mapping[str, Sequence[Manifest]]:
    """What `serving.kubernetes.deliver.path` is to hold, by the file's name.

    Args:
        settings: of an environment on Kubernetes.
        versions: of its fleet, as the registry knows them; without any nothing is delivered, and there is no folder.
    """
    place, cluster = settings.place, settings.serving.kubernetes
    assert cluster is not None
    own = [each for each in versions if each.version not in cluster.members]
    journal = f"s3://{place.registry_bucket}/{place.journal_key}"
    return manifests.folder(shape(settings), own, entrance(cluster), journal)
