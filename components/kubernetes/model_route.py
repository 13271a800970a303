"""What serves an environment on Kubernetes: the Pods of each version, and the route whose traffic belongs to the journal."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi

from components.kubernetes import admission
from components.kubernetes.argocd import ARGOCD
from components.kubernetes.git_delivery import GitDelivery
from components.kubernetes.manifests import Shape, member_name, of_version
from components.kubernetes.namespace import PORT
from components.kubernetes.objects import KubernetesObject, Manifest
from components.kubernetes.serving_namespace import ServingNamespace
from modeldelivery.provider.sdk import RegisteredVersion, Route
from modeldelivery.release.core.request import Delivery, Entrance, RouteMember
from modeldelivery.release.version import parse_version


class Foreign(TypedDict):
    """A Deployment and a Service of one name that somebody else delivers."""

    name: str
    port: int


class Git(TypedDict):
    """A folder in Git, as Argo CD delivers from it."""

    repository: str
    path: str
    revision: str


class ModelRouteArgs(Shape):
    """What tells one route from another.

    Attributes:
        account: the AWS account of the registry, 12 digits; no other may be touched.
        profile: the AWS profile that the provider uses; None for the default chain.
        context: of the kubeconfig.
        server: the one cluster that may be touched.
        entrance: how requests come to the route.
        release: the versions that config asks for, as `Release.plain` has it.
        versions: the same versions as the registry knows them, in the fleet's order.
        foreign: those of them that somebody else delivers, by version.
        rules: what the environment demands of a change, as `Rules.plain` has it.
        git: from where Argo CD delivers all others; None where this program does.
        bucket: the registry bucket, where the journal is.
        journal_key: key of the journal in it.
        protect: refuse to delete the route.
    """

    account: str
    profile: str | None
    context: str
    server: str
    entrance: Entrance
    release: Mapping[str, object]
    versions: Sequence[RegisteredVersion]
    foreign: Mapping[str, Foreign]
    rules: Mapping[str, object]
    git: Git | None
    bucket: pulumi.Input[str]
    journal_key: str
    protect: bool


class ModelRoute(pulumi.ComponentResource):
    """The route of one model in one environment.

    Attributes:
        name: of the HTTPRoute.
    """

    name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: ModelRouteArgs,
        within: ServingNamespace,
        cluster: pulumi.ProviderResource,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("model-delivery:index:ModelRoute", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self, provider=cluster, depends_on=within.ready)
        git, serving = args["git"], _served_by_this_program(args, inside)
        if git:
            delivery = GitDelivery(
                name,
                {
                    "route": args["route"],
                    "namespace": args["namespace"],
                    "labels": args["labels"],
                    "foreign": _foreign(args),
                    "repository": git["repository"],
                    "path": git["path"],
                    "revision": git["revision"],
                    "protect": args["protect"],
                },
                inside,
            )
            serving = delivery.ready
        route = Route(
            name,
            route_name=args["route"],
            namespace=args["namespace"],
            server=args["server"],
            context=args["context"],
            entrance=args["entrance"].plain(),
            region=args["region"],
            allowed_accounts=[args["account"]],
            profile=args["profile"],
            release=args["release"],
            variants=[_member(args, each).plain() for each in args["versions"]],
            rules=args["rules"],
            journal={"bucket": args["bucket"], "key": args["journal_key"]},
            approvals={each.version: each.approval for each in args["versions"]},
            labels=None if git else dict(args["labels"]),
            delivery=Delivery(application=args["route"], namespace=ARGOCD, path=git["path"]).plain()
            if git
            else None,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*within.ready, *serving], protect=args["protect"]
            ),
        )
        self.name = route.name
        self.register_outputs({"name": self.name})


def _served_by_this_program(args: ModelRouteArgs, inside: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    """The objects of each version that nobody else delivers, and what holds them to what they are."""
    if args["git"]:
        return []
    own = [each for each in args["versions"] if each.version not in args["foreign"]]
    held = admission.bits(args["namespace"], args["labels"], args["route"], _foreign(args))
    return [
        *(KubernetesObject(manifest, inside) for manifest in held),
        *(
            KubernetesObject(manifest, _kept(manifest, inside), awaited=False)
            for each in own
            for manifest in of_version(args, each)
        ),
    ]


def _foreign(args: ModelRouteArgs) -> list[str]:
    """Names of what other teams deliver."""
    return sorted(each["name"] for each in args["foreign"].values())


def _member(args: ModelRouteArgs, each: RegisteredVersion) -> RouteMember:
    foreign = args["foreign"].get(each.version)
    name = foreign["name"] if foreign else member_name(args["route"], each)
    port = foreign["port"] if foreign else PORT
    return RouteMember(version=parse_version(each.version), digest=each.digest, name=name, port=port)


def _kept(manifest: Manifest, opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """How many Pods a Deployment has is its autoscaler's after its beginning."""
    ignored = {"Deployment": ["spec.replicas"]}.get(manifest["kind"])
    if ignored is None:
        return opts
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=ignored))
