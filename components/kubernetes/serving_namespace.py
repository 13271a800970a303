"""The namespace of an environment: everything in it that is there whatever versions are."""

from typing import TypedDict

import pulumi

from components.kubernetes import access, admission, namespace
from components.kubernetes.namespace import Pods
from components.kubernetes.objects import KubernetesObject, Manifest
from components.kubernetes.pod_role import PodRole


class ServingNamespaceArgs(TypedDict):
    """What tells one environment's namespace from another's.

    Attributes:
        account: the AWS account of the registry, 12 digits.
        region: the AWS region of the registry.
        namespace: its name.
        gateway_namespace: from which requests come.
        route: the HTTPRoute's name.
        pods: what each version runs on.
        versions: how many there are.
        bucket: the registry bucket.
        key_arn: the KMS key of artifacts.
        labels: of every object.
        protect: refuse to delete the namespace, and with it what serves.
    """

    account: str
    region: str
    namespace: str
    gateway_namespace: str
    route: str
    pods: Pods
    versions: int
    bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    labels: Manifest
    protect: bool


class ServingNamespace(pulumi.ComponentResource):
    """Pods restricted and counted, a network that is closed, who may do what, and what the cluster refuses whoever asks.

    Attributes:
        role_arn: of the role of AWS that model servers' Pods have.
        ready: what must be there before a version is.
    """

    role_arn: pulumi.Output[str]
    ready: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        args: ServingNamespaceArgs,
        cluster: pulumi.ProviderResource,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("model-delivery:index:ServingNamespace", name, None, opts)
        where, labels, pods, route = args["namespace"], args["labels"], args["pods"], args["route"]
        role = PodRole(
            f"{name}-pods",
            {
                "account": args["account"],
                "region": args["region"],
                "bucket": args["bucket"],
                "key_arn": args["key_arn"],
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        made = KubernetesObject(
            namespace.namespace(where, labels),
            pulumi.ResourceOptions(parent=self, provider=cluster, protect=args["protect"]),
        )
        inside = pulumi.ResourceOptions(parent=self, provider=cluster, depends_on=[made])
        manifests = [
            namespace.quota(where, labels, pods, max(1, args["versions"])),
            namespace.limits(where, labels, pods),
            *namespace.network_policies(where, labels, args["gateway_namespace"]),
            *access.service_accounts(where, labels, role.arn),
            access.operators_role(where, labels, route),
            access.operators_binding(where, labels),
            *admission.membership(where, labels, route),
            *admission.traffic(where, labels, route),
        ]
        objects = [
            KubernetesObject(
                manifest, inside, prefix="" if where in manifest["metadata"]["name"] else f"{where}-"
            )
            for manifest in manifests
        ]
        self.role_arn = role.arn
        self.ready = [made, *objects]
        self.register_outputs({"roleArn": self.role_arn})
