"""What has Argo CD deliver an environment's versions from a folder in Git."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi

from components.kubernetes import argocd
from components.kubernetes.objects import KubernetesObject, Manifest


class GitDeliveryArgs(TypedDict):
    """What tells one delivery from another.

    Attributes:
        route: the HTTPRoute's name; project and Application have it too.
        namespace: to where it delivers.
        labels: of every object.
        foreign: names of what other teams deliver there.
        repository: as Argo CD clones it.
        path: of the folder in it.
        revision: the branch or tag that it follows.
        protect: refuse to delete the Application.
    """

    route: str
    namespace: str
    labels: Manifest
    foreign: Sequence[str]
    repository: str
    path: str
    revision: str
    protect: bool


class GitDelivery(pulumi.ComponentResource):
    """An Application with a project of its own, and what the cluster refuses so that nothing but the folder is delivered.

    Attributes:
        ready: what must be there before anything is waited for.
    """

    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: GitDeliveryArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(
            "model-delivery:index:GitDelivery", name, None, pulumi.ResourceOptions(parent=opts.parent)
        )
        title, where, labels = args["route"], args["namespace"], args["labels"]
        inside = pulumi.ResourceOptions(parent=self, provider=opts.provider, depends_on=opts.depends_on)
        policies = [
            KubernetesObject(manifest, inside)
            for manifest in (
                *argocd.only_from_git(where, labels, title, args["foreign"]),
                *argocd.only_by_config(where, labels, title),
            )
        ]
        project = KubernetesObject(
            argocd.project(title, where, labels, args["repository"]),
            pulumi.ResourceOptions(parent=self, provider=opts.provider, depends_on=policies),
        )
        application = KubernetesObject(
            argocd.application(
                title,
                where,
                labels,
                repository=args["repository"],
                path=args["path"],
                revision=args["revision"],
            ),
            pulumi.ResourceOptions(
                parent=self, provider=opts.provider, depends_on=[project], protect=args["protect"]
            ),
        )
        self.ready = [*policies, project, application]
        self.register_outputs({})
