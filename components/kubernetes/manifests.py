"""Manifests of what is behind a route and of the route, whoever delivers them: `pulumi up`, or Argo CD from a folder in Git. Pure."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from components.kubernetes import version
from components.kubernetes.namespace import Pods, metadata
from components.kubernetes.objects import Manifest
from modeldelivery.provider.sdk import RegisteredVersion
from modeldelivery.release import naming
from modeldelivery.release.core.request import Entrance
from modeldelivery.release.naming import JOURNAL_ANNOTATION
from modeldelivery.release.version import parse_version

GATEWAY_API = "gateway.networking.k8s.io"


class Shape(TypedDict):
    """What the objects of one route have in common.

    Attributes:
        route: the HTTPRoute's name.
        namespace: its, and everything's.
        region: the AWS region of the registry.
        pods: what each version runs on.
        labels: of every object.
    """

    route: str
    namespace: str
    region: str
    pods: Pods
    labels: Manifest


def member_name(route: str, each: RegisteredVersion) -> str:
    """Of a version's objects."""
    return naming.member_name(route, parse_version(each.version))


def of_version(shape: Shape, each: RegisteredVersion) -> list[Manifest]:
    """All of a version's, by the digests of its record."""
    return version.manifests(
        member_name(shape["route"], each),
        shape["namespace"],
        shape["labels"],
        shape["route"],
        bits={
            "version": each.version,
            "digest": each.digest,
            "image": each.image,
            "model_data": each.model_data,
            "model_digest": each.model_digest,
            "region": shape["region"],
        },
        pods=shape["pods"],
    )


def route_without_rules(shape: Shape, entrance: Entrance, journal: str) -> Manifest:
    """The HTTPRoute as far as it is anybody's but its journal's (ADR 43): how requests come to it, and which journal moves them."""
    gateway = {"name": entrance.gateway, "namespace": entrance.gateway_namespace}
    return {
        "apiVersion": f"{GATEWAY_API}/v1",
        "kind": "HTTPRoute",
        "metadata": {
            **metadata(shape["route"], shape["labels"], shape["namespace"]),
            "annotations": {JOURNAL_ANNOTATION: journal},
        },
        "spec": {
            "parentRefs": [{"group": GATEWAY_API, "kind": "Gateway", **gateway}],
            "hostnames": [entrance.hostname],
        },
    }


def folder(
    shape: Shape, versions: Sequence[RegisteredVersion], entrance: Entrance, journal: str
) -> Mapping[str, Sequence[Manifest]]:
    """What a folder in Git holds, by the file's name: the route, and a file of each version.

    Args:
        shape: of all of them.
        versions: that are delivered from it.
        entrance: how requests come to the route.
        journal: where the journal is, `s3://bucket/key`.
    """
    files = {f"{each.version}.yaml": of_version(shape, each) for each in versions}
    return {"route.yaml": [route_without_rules(shape, entrance, journal)], **files}
