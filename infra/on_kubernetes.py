"""What serves an environment on Kubernetes: its namespace, and a route once a version is registered."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pulumi

from components.kubernetes.cluster import provider
from components.kubernetes.model_route import ModelRoute
from components.kubernetes.serving_namespace import ServingNamespace
from components.registry import ModelRegistry
from infra.serving import Pods
from infra.settings import Settings
from modeldelivery.provider.sdk import RegisteredVersion, require_cluster
from modeldelivery.release.core.request import Entrance

if TYPE_CHECKING:
    from components.kubernetes.namespace import Pods as PodSize


def serve(settings: Settings, registry: ModelRegistry, versions: Sequence[RegisteredVersion]) -> bool:
    """Declare namespace and route; whether there is a route yet."""
    place, release, pods, cluster = (
        settings.place,
        settings.release,
        settings.instances,
        settings.serving.kubernetes,
    )
    assert isinstance(pods, Pods)
    assert cluster is not None
    require_cluster(cluster.context, cluster.server)
    target = provider("cluster", cluster.context, cluster.server)
    size: PodSize = {
        "millicores": pods.millicores,
        "memory": pods.memory,
        "min": pods.min,
        "max": pods.max,
        "target_cpu_percent": pods.target_cpu_percent,
    }
    labels = {
        "app.kubernetes.io/name": place.model,
        "app.kubernetes.io/instance": place.endpoint,
        "app.kubernetes.io/managed-by": "pulumi",
    }
    namespace = ServingNamespace(
        place.endpoint,
        {
            "account": place.account,
            "region": place.region,
            "namespace": cluster.namespace,
            "gateway_namespace": cluster.gateway.namespace,
            "route": place.endpoint,
            "pods": size,
            "versions": len(versions),
            "bucket": registry.bucket,
            "key_arn": registry.key_arn,
            "labels": labels,
            "protect": settings.protect,
        },
        target,
    )
    pulumi.export("podRole", namespace.role_arn)
    if not (release and versions):
        return False
    route = ModelRoute(
        place.endpoint,
        {
            "account": place.account,
            "region": place.region,
            "profile": settings.profile,
            "route": place.endpoint,
            "namespace": cluster.namespace,
            "context": cluster.context,
            "server": cluster.server,
            "entrance": Entrance(
                gateway=cluster.gateway.name,
                gateway_namespace=cluster.gateway.namespace,
                hostname=cluster.hostname,
                settle_seconds=cluster.settle_seconds,
            ),
            "release": release.of(each.version for each in versions).plain(),
            "versions": versions,
            "foreign": {
                version: {"name": each.name, "port": each.port} for version, each in cluster.members.items()
            },
            "rules": settings.rules.plain(),
            "pods": size,
            "bucket": registry.bucket,
            "journal_key": place.journal_key,
            "labels": labels,
            "protect": settings.protect,
        },
        namespace,
        target,
    )
    pulumi.export("route", route.name)
    return True
