"""What serves an environment on Kubernetes: its namespace, and a route once a version is registered."""

from collections.abc import Sequence

import pulumi

from components.kubernetes.cluster import provider
from components.kubernetes.model_route import ModelRoute
from components.kubernetes.serving_namespace import ServingNamespace
from components.registry import ModelRegistry
from infra.manifests import entrance, shape
from infra.settings import Settings
from modeldelivery.provider.sdk import RegisteredVersion, require_cluster


def serve(settings: Settings, registry: ModelRegistry, versions: Sequence[RegisteredVersion]) -> bool:
    """Declare namespace and route; whether there is a route yet."""
    place, release, cluster = settings.place, settings.release, settings.serving.kubernetes
    assert cluster is not None
    require_cluster(cluster.context, cluster.server)
    target = provider("cluster", cluster.context, cluster.server)
    common = shape(settings)
    namespace = ServingNamespace(
        place.endpoint,
        {
            "account": place.account,
            "region": place.region,
            "namespace": cluster.namespace,
            "gateway_namespace": cluster.gateway.namespace,
            "route": place.endpoint,
            "pods": common["pods"],
            "versions": len(versions),
            "bucket": registry.bucket,
            "key_arn": registry.key_arn,
            "labels": common["labels"],
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
            "profile": settings.profile,
            **common,
            "context": cluster.context,
            "server": cluster.server,
            "entrance": entrance(cluster),
            "release": release.of(each.version for each in versions).plain(),
            "versions": versions,
            "foreign": {
                version: {"name": each.name, "port": each.port} for version, each in cluster.members.items()
            },
            "rules": settings.rules.plain(),
            "git": {
                "repository": cluster.deliver.repository,
                "path": cluster.deliver.path,
                "revision": cluster.deliver.revision,
            }
            if cluster.deliver
            else None,
            "bucket": registry.bucket,
            "journal_key": place.journal_key,
            "protect": settings.protect,
        },
        namespace,
        target,
    )
    pulumi.export("route", route.name)
    return True
