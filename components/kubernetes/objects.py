"""A manifest as a resource of the official Kubernetes provider.

What pulumi_kubernetes' own classes would take is the manifest itself: they add names in Python's spelling, and cost their import.
Token and the plugin's version are pulumi_kubernetes' own.
"""

from collections.abc import Mapping
from typing import Any, cast

import pulumi
from pulumi_kubernetes import _utilities as pulumi_kubernetes

Manifest = Mapping[str, Any]  # as `kubectl apply` takes it; a value may be an Output
# Whoever delivers Deployments, the route waits for what serves behind it (modeldelivery:index:Route): nobody else need.
# Its Pods go after the object: one that goes after its Pods, the provider's default, is there when the version comes back at
# once, takes what is applied, and goes with it (pulumi/pulumi-kubernetes#3154).
_NOT_AWAITED = {"pulumi.com/skipAwait": "true", "pulumi.com/deletionPropagationPolicy": "background"}


class KubernetesObject(pulumi.CustomResource):
    """An object by its manifest; its name in the program is kind and name."""

    def __init__(
        self, manifest: Manifest, opts: pulumi.ResourceOptions, *, awaited: bool = True, prefix: str = ""
    ) -> None:
        metadata = manifest["metadata"]
        if not awaited:
            metadata = {**metadata, "annotations": {**metadata.get("annotations", {}), **_NOT_AWAITED}}
        super().__init__(
            token(manifest),
            f"{prefix}{metadata['name']}",
            cast("dict[str, Any]", {**manifest, "metadata": metadata}),
            pulumi.ResourceOptions.merge(pulumi_kubernetes.get_resource_opts_defaults(), opts),
        )


def token(manifest: Manifest) -> str:
    """The type's, for example `kubernetes:apps/v1:Deployment`; what has no group is called `core` there."""
    group, _, version = str(manifest["apiVersion"]).rpartition("/")
    return f"kubernetes:{group or 'core'}/{version}:{manifest['kind']}"
