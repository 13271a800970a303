"""What a Pod's status says of what its containers do. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Document = dict[str, Any]
Phase = Literal["Pending", "Running", "Succeeded", "Failed"]


@dataclass(frozen=True)
class Ended:
    """How a container's process ended; times in seconds since the epoch."""

    code: int
    reason: str  # Completed, Error, OOMKilled, ContainerCannotRun
    message: str
    began: float
    ended: float


@dataclass
class ContainerState:
    """What is going on with one container; one thread writes it.

    Attributes:
        waiting: why it does not run, as Kubernetes calls it; and more words for a person.
        began: seconds since the epoch, while its process runs.
        ended: how its process ended, unless it runs or waits for another start.
        before: how the process before this one ended.
        digest: of the image that it runs, once that is certain.
    """

    name: str
    image: str
    waiting: tuple[str, str] | None = ("PodInitializing", "")
    began: float | None = None
    ended: Ended | None = None
    before: Ended | None = None
    restarts: int = 0
    started: bool = False
    ready: bool = False
    digest: str = ""


@dataclass
class PodState:
    """A Pod on this node."""

    address: str
    host: str
    began: float  # seconds since the epoch
    restarts: Literal["Always", "OnFailure", "Never"]
    generation: int = 0
    first: list[ContainerState] = field(default_factory=list)
    containers: list[ContainerState] = field(default_factory=list)
    refused: tuple[str, str] | None = None  # the whole Pod: reason and message

    @property
    def initialized(self) -> bool:
        return all(each.ended is not None and each.ended.code == 0 for each in self.first)

    @property
    def phase(self) -> Phase:
        """As https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ has it."""
        if (
            any(each.ended is not None and each.ended.code for each in self.first)
            and self.restarts == "Never"
        ):
            return "Failed"
        if not self.initialized or all(
            each.began is None and each.ended is None and each.before is None for each in self.containers
        ):
            return "Pending"
        if all(each.ended is not None for each in self.containers):
            failed = any(each.ended is not None and each.ended.code for each in self.containers)
            return "Failed" if failed else "Succeeded"
        return "Running"


def status(pod: PodState, before: Sequence[Mapping[str, Any]]) -> Document:
    """The document of `pod`, whose conditions were `before`: one that stays keeps its time."""
    ready = bool(pod.containers) and all(each.ready for each in pod.containers)
    now = datetime.now(UTC)
    conditions = [
        _condition(kind, holds, before, now)
        for kind, holds in (
            ("PodReadyToStartContainers", True),
            ("Initialized", pod.initialized),
            ("ContainersReady", ready),
            ("Ready", ready),
        )
    ]
    document: Document = {
        "phase": "Failed" if pod.refused and pod.refused[0] == "Evicted" else pod.phase,
        "observedGeneration": pod.generation,
        "hostIP": pod.host,
        "hostIPs": [{"ip": pod.host}],
        "podIP": pod.address,
        "podIPs": [{"ip": pod.address}],
        "startTime": instant(pod.began),
        "conditions": conditions,
        "containerStatuses": [_container(each) for each in pod.containers],
    }
    if pod.first:
        document["initContainerStatuses"] = [_container(each) for each in pod.first]
    return document


def instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _condition(kind: str, holds: bool, before: Iterable[Mapping[str, Any]], now: datetime) -> Document:
    value = str(holds)
    old = next((each for each in before if each["type"] == kind and each["status"] == value), None)
    since = old["lastTransitionTime"] if old else now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"type": kind, "status": value, "lastTransitionTime": since}


def _container(state: ContainerState) -> Document:
    document: Document = {
        "name": state.name,
        "image": state.image,
        "imageID": f"{state.image.partition('@')[0]}@{state.digest}" if state.digest else "",
        "ready": state.ready,
        "started": state.started,
        "restartCount": state.restarts,
        "state": _state(state),
        "lastState": {"terminated": _terminated(state.before)} if state.before else {},
    }
    return document


def _state(state: ContainerState) -> Document:
    if state.began is not None:
        return {"running": {"startedAt": instant(state.began)}}
    if state.ended is not None:
        return {"terminated": _terminated(state.ended)}
    reason, message = state.waiting or ("ContainerCreating", "")
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def _terminated(ended: Ended) -> Document:
    return {
        "exitCode": ended.code,
        "reason": ended.reason,
        "message": ended.message,
        "startedAt": instant(ended.began),
        "finishedAt": instant(ended.ended),
    }
