"""Where an environment serves, what runs there, and what cannot be there: SageMaker's endpoint or a route of a Kubernetes cluster."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from infra.sections import Count, InstanceType
from modeldelivery.release.core.request import refuse_shared
from modeldelivery.release.version import Version, parse_version

Target = Literal["sagemaker", "kubernetes"]

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/: of a namespace, of a Service.
_LABEL = r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$"
_HOSTNAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
# TLS or SSH, without a password, which is Argo CD's own; `file://` is for a repository of this machine's.
_REPOSITORY = r"^(https://[^@\s]+|ssh://\S+|git@[^:\s]+:\S+|file:///\S+)$"
_FOLDER = r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$"
_REVISION = r"^[A-Za-z0-9][A-Za-z0-9._/-]*$"
_CORE = 1000  # millicores

SAGEMAKER = "{type: ml.c6i.large, min: 1, max: 4, targetInvocationsPerMinute: 6000}, 1 to 100 instances, max not below min"
KUBERNETES = (
    '{cpu: 2 or "500m", memory: 4Gi, min: 1, max: 4, targetCpuPercent: 70}, 1 to 100 pods of each version, max not below min, cpu and '
    "memory of one pod"
)
SERVING = (
    "{target: kubernetes, kubernetes: {context: edge, server: https://…, namespace: flights, gateway: {name: public, namespace: "
    "gateways}, hostname: flights.example.com}} and perhaps settleSeconds: 2 (0 to 60) and members: {v1.0.0: {name: a-deployment, "
    "port: 8080}}, of each a name of its own, and deliver: {repository: https://…, ssh://…, git@… or file:///…, path: deploy/ENVIRONMENT, revision: main}, or "
    "{target: sagemaker} or no such line"
)
# Keys of config that nothing on Kubernetes obeys, and why.
ABSENT: Mapping[str, str] = {
    "alarms": "CloudWatch, whose alarms they are, measures endpoints of SageMaker's",
    "capture": "it is SageMaker that keeps requests",
    "drift": "what is judged is what SageMaker kept",
    "monitoring": "the dashboard draws what CloudWatch measures of an endpoint of SageMaker's",
    "verify": "`modelctl verify` asks the variants of an endpoint of SageMaker's",
    "drill": "`modelctl drill` sends its requests to an endpoint of SageMaker's",
}


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """A config object; a field that it does not know is refused."""


class Instances(_Part, frozen=True):
    """What each version runs on, on SageMaker; counts are instances per version."""

    type: InstanceType
    min: Count
    max: Count
    target_invocations_per_minute: Annotated[int, Meta(ge=1)]  # of one instance

    def __post_init__(self) -> None:
        _refuse_below(self.min, self.max)


class Pods(_Part, frozen=True):
    """What each version runs on, on Kubernetes; counts are pods per version."""

    cpu: Annotated[int, Meta(ge=1, le=192)] | Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,5}m$")]
    memory: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,5}(Mi|Gi)$")]
    min: Count
    max: Count
    target_cpu_percent: Annotated[int, Meta(ge=1, le=100)]  # of the cpu that a pod asks for

    def __post_init__(self) -> None:
        _refuse_below(self.min, self.max)

    @property
    def millicores(self) -> int:
        """Thousandths of a CPU."""
        return self.cpu * _CORE if isinstance(self.cpu, int) else int(self.cpu.removesuffix("m"))


class Gateway(_Part, frozen=True):
    """By which requests come: a Gateway of the Gateway API, which somebody else runs."""

    name: Annotated[str, Meta(pattern=_LABEL)]
    namespace: Annotated[str, Meta(pattern=_LABEL)]


class Member(_Part, frozen=True):
    """A Deployment and a Service of one name in the environment's namespace, delivered by somebody else."""

    name: Annotated[str, Meta(pattern=_LABEL)]
    port: Annotated[int, Meta(ge=1, le=65535)] = 8080


class Deliver(_Part, frozen=True):
    """The folder in Git from which Argo CD delivers the versions.

    Attributes:
        repository: as Argo CD clones it.
        path: of the folder in it, which `make render` writes.
        revision: the branch or tag that Argo CD follows.
    """

    repository: Annotated[str, Meta(pattern=_REPOSITORY)]
    path: Annotated[str, Meta(pattern=_FOLDER)]
    revision: Annotated[str, Meta(pattern=_REVISION)] = "main"


class Cluster(_Part, frozen=True):
    """The cluster, and where in it.

    Attributes:
        context: of the kubeconfig of whoever runs Pulumi.
        server: the one API server that may be touched: its address, or `https://` and the name that its certificate carries
            (`tls-server-name` of the kubeconfig, of a server behind a tunnel).
        hostname: that clients ask.
        settle_seconds: for how long the gateway may go on as before after it has taken a route.
        members: versions that somebody else delivers.
        deliver: from where Argo CD delivers all others; None where `pulumi up` does.
    """

    context: Annotated[str, Meta(min_length=1)]
    server: Annotated[str, Meta(pattern=r"^https://[^/\s]+(/\S*[^/\s])?$")]
    namespace: Annotated[str, Meta(pattern=_LABEL)]
    gateway: Gateway
    hostname: Annotated[str, Meta(pattern=_HOSTNAME, max_length=253)]
    settle_seconds: Annotated[float, Meta(ge=0, le=60)] = 2.0
    members: dict[Version, Member] = {}
    deliver: Deliver | None = None

    def __post_init__(self) -> None:
        for version in self.members:
            parse_version(version)
        refuse_shared({version: member.name for version, member in self.members.items()})


class Serving(_Part, frozen=True):
    """The target is decided once: what serves is not moved by config."""

    target: Target = "sagemaker"
    kubernetes: Cluster | None = None

    def __post_init__(self) -> None:
        if (self.target == "kubernetes") != (self.kubernetes is not None):
            raise ValueError(f"target is {self.target}, and `kubernetes` goes with target kubernetes")


def only_elsewhere(instances: object, target: Target) -> Iterator[str]:
    """Fields of `instances` that are the other target's alone."""
    kinds = {"sagemaker": Instances, "kubernetes": Pods}
    here = set(kinds.pop(target).__struct_encode_fields__)
    (elsewhere,) = kinds.values()
    if isinstance(instances, dict):
        yield from (
            each for each in elsewhere.__struct_encode_fields__ if each in instances and each not in here
        )


def _refuse_below(least: int, most: int) -> None:
    if most < least:
        raise ValueError(f"max {most} is below min {least}")
