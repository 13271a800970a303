"""Where a namespace's objects are, and what is read of Deployments, autoscalers and Services."""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.kubernetes.route import Instances
from modeldelivery.release.naming import DIGEST_ANNOTATION, ROUTE_LABEL, TRACKING_ANNOTATION

T = TypeVar("T")
DIGEST = DIGEST_ANNOTATION  # of a Deployment's pods: the bits that they serve


class Namespace(msgspec.Struct, frozen=True):
    """Paths of a namespace's objects."""

    name: str

    def routes(self) -> str:
        return f"/apis/gateway.networking.k8s.io/v1/namespaces/{self.name}/httproutes"

    def route(self, name: str) -> str:
        return f"{self.routes()}/{name}"

    def deployments(self) -> str:
        return f"/apis/apps/v1/namespaces/{self.name}/deployments"

    def scale(self, name: str) -> str:
        """How many pods a Deployment has."""
        return f"{self.deployments()}/{name}/scale"

    def pods(self, labels: Mapping[str, str]) -> str:
        """Those that have these labels."""
        chosen = quote(",".join(f"{key}={value}" for key, value in labels.items()), safe="")
        return f"/api/v1/namespaces/{self.name}/pods?labelSelector={chosen}"

    def services(self) -> str:
        return f"/api/v1/namespaces/{self.name}/services"

    def autoscalers(self) -> str:
        return f"/apis/autoscaling/v2/namespaces/{self.name}/horizontalpodautoscalers"

    def autoscaler(self, name: str) -> str:
        return f"{self.autoscalers()}/{name}"


class _Meta(msgspec.Struct):
    name: str = ""
    generation: int = 0
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)


class _Template(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)


class _Selector(msgspec.Struct, rename="camel"):
    match_labels: dict[str, str] = msgspec.field(default_factory=dict)


class _DeploymentSpec(msgspec.Struct):
    replicas: int = 1
    selector: _Selector = msgspec.field(default_factory=_Selector)
    template: _Template = msgspec.field(default_factory=_Template)


class Condition(msgspec.Struct):
    """What a status says of an object in one respect."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


class _DeploymentStatus(msgspec.Struct, rename="camel"):
    observed_generation: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    ready_replicas: int = 0
    replicas: int = 0
    conditions: list[Condition] = msgspec.field(default_factory=list)


class Deployment(msgspec.Struct):
    """What is read of one."""

    metadata: _Meta
    spec: _DeploymentSpec = msgspec.field(default_factory=_DeploymentSpec)
    status: _DeploymentStatus = msgspec.field(default_factory=_DeploymentStatus)

    @property
    def instances(self) -> Instances:
        return Instances(self.status.ready_replicas, self.spec.replicas)

    @property
    def digest(self) -> str:
        """Of the digest set that its pods serve; "" where they do not say."""
        return self.spec.template.metadata.annotations.get(DIGEST, "")

    @property
    def route(self) -> str | None:
        """The route that this project made it for; None of what another team delivers."""
        return self.metadata.labels.get(ROUTE_LABEL)

    @property
    def application(self) -> str | None:
        """Argo CD's Application that delivers it; None where another does."""
        return self.metadata.annotations.get(TRACKING_ANNOTATION, "").partition(":")[0] or None

    @property
    def refused(self) -> str | None:
        """Why the controller cannot make its pods, in the API server's words."""
        return next(
            (
                each.message
                for each in self.status.conditions
                if (each.type, each.status) == ("ReplicaFailure", "True")
            ),
            None,
        )

    @property
    def stuck(self) -> str | None:
        """Why it makes no progress any more, in the controller's words."""
        return next(
            (
                f"{each.reason}: {each.message}"
                for each in self.status.conditions
                if each.type == "Progressing" and each.status == "False"
            ),
            None,
        )

    @property
    def waits_for(self) -> str | None:
        """What is missing until all its pods run and answer; None when nothing is."""
        wanted, status = self.spec.replicas, self.status
        if status.observed_generation < self.metadata.generation:
            return "its controller has not looked at it yet"
        if min(status.updated_replicas, status.available_replicas) < wanted or status.replicas > wanted:
            return f"{min(status.updated_replicas, status.available_replicas)} of {wanted} pods are ready"
        return None


class _Target(msgspec.Struct):
    name: str
    kind: str = "Deployment"


class _AutoscalerSpec(msgspec.Struct, rename="camel"):
    scale_target_ref: _Target
    max_replicas: int
    min_replicas: int = 1


class Autoscaler(msgspec.Struct):
    """What is read of a HorizontalPodAutoscaler."""

    metadata: _Meta
    spec: _AutoscalerSpec


class _Named(msgspec.Struct):
    metadata: _Meta


class _Deployments(msgspec.Struct):
    items: list[Deployment]


class _Autoscalers(msgspec.Struct):
    items: list[Autoscaler]


class _Names(msgspec.Struct):
    items: list[_Named]


def deployments_in(body: Any) -> dict[str, Deployment]:
    """By name. Raises UnreachableError for what is no such list."""
    return {each.metadata.name: each for each in read(body, _Deployments).items}


def autoscalers_in(body: Any) -> Mapping[str, Autoscaler]:
    """By the Deployment that each scales; raises as above."""
    return {
        each.spec.scale_target_ref.name: each
        for each in read(body, _Autoscalers).items
        if each.spec.scale_target_ref.kind == "Deployment"
    }


def names_in(body: Any) -> frozenset[str]:
    """Names of a list's objects; raises as above."""
    return frozenset(each.metadata.name for each in read(body, _Names).items)


def read(body: Any, kind: type[T]) -> T:
    """What is needed of an object or a list. Raises UnreachableError for something else."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise UnreachableError(
            f"the API server answers with something else than was asked for: {error}"
        ) from error
