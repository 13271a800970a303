"""A Pod as this node runs it, read from its document; what the node cannot do is refused by name. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Document = Mapping[str, Any]
_DIGEST = re.compile(r".+@(sha256:[0-9a-f]{64})")
_VOLUMES = ("emptyDir", "configMap", "secret", "projected")
_UNITS = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}
_NETWORK_PROBES: Mapping[str, Literal["http", "tcp"]] = {"httpGet": "http", "tcpSocket": "tcp"}
_QUANTITY = re.compile(r"([0-9.]+)(k|M|G|T|Ki|Mi|Gi|Ti)?")


class PlanError(Exception):
    """A Pod that this node cannot run; `reason` is what Kubernetes calls it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Probe:
    """How a container is asked how it is; times in seconds."""

    kind: Literal["http", "tcp", "exec"]
    port: int = 0
    path: str = "/"
    command: tuple[str, ...] = ()
    delay: float = 0.0
    period: float = 10.0
    timeout: float = 1.0
    successes: int = 1
    failures: int = 3


@dataclass(frozen=True)
class Mount:
    volume: str
    path: str
    part: str = ""  # of the volume


@dataclass(frozen=True)
class ContainerPlan:
    """One container.

    Attributes:
        digest: of its image, `sha256:…`.
        command: in place of the image's entry point, and of its arguments.
        environment: entries of the document, each with a value or where one comes from.
        memory: bytes that it may use; None is no limit.
        pause: seconds between the decision to end it and SIGTERM (`preStop: {sleep: {seconds: …}}`).
    """

    name: str
    image: str
    digest: str
    command: tuple[str, ...]
    arguments: tuple[str, ...]
    environment: tuple[Document, ...]
    folder: str
    mounts: tuple[Mount, ...]
    memory: int | None
    startup: Probe | None
    liveness: Probe | None
    readiness: Probe | None
    pause: float


@dataclass(frozen=True)
class PodPlan:
    first: tuple[ContainerPlan, ...]  # init containers, one after the other
    containers: tuple[ContainerPlan, ...]
    volumes: Mapping[str, Document]
    restarts: Literal["Always", "OnFailure", "Never"]
    grace: float  # seconds from SIGTERM to SIGKILL
    service_account: str


def read(pod: Document) -> PodPlan:
    """Raises PlanError."""
    spec = pod["spec"]
    for field in ("hostNetwork", "hostPID", "hostIPC", "ephemeralContainers"):
        if spec.get(field):
            raise PlanError("CreateContainerConfigError", f"this node gives no {field}")
    volumes = {volume["name"]: volume for volume in spec.get("volumes", ())}
    for name, volume in volumes.items():
        if not any(kind in volume for kind in _VOLUMES):
            kind = next((key for key in volume if key != "name"), "emptyDir")
            raise PlanError(
                "CreateContainerConfigError",
                f"volume {name}: this node has no {kind}; it has {', '.join(_VOLUMES)}",
            )
    return PodPlan(
        first=tuple(_containers(spec.get("initContainers", ()), volumes)),
        containers=tuple(_containers(spec["containers"], volumes)),
        volumes=volumes,
        restarts=spec.get("restartPolicy", "Always"),
        grace=float(spec.get("terminationGracePeriodSeconds", 30)),
        service_account=spec.get("serviceAccountName", "default"),
    )


def quantity(text: str) -> int:
    """Bytes of `512Mi`, `1G` or `1048576`. Raises PlanError."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise PlanError("CreateContainerConfigError", f"memory {text!r} is no quantity that this node reads")
    return int(float(match[1]) * _UNITS[match[2] or ""])


def _containers(documents: Iterable[Document], volumes: Mapping[str, Document]) -> Iterable[ContainerPlan]:
    for document in documents:
        name = document["name"]
        if document.get("restartPolicy"):
            raise PlanError(
                "CreateContainerConfigError", f"container {name}: this node has no sidecar containers"
            )
        match = _DIGEST.fullmatch(document["image"])
        if match is None:
            raise PlanError(
                "InvalidImageName",
                f"container {name}: image {document['image']!r} is not named by digest (NAME@sha256:…)",
            )
        ports = {port["name"]: port["containerPort"] for port in document.get("ports", ()) if "name" in port}
        hook = document.get("lifecycle", {})
        if "postStart" in hook or not set(hook.get("preStop", {})) <= {"sleep"}:
            raise PlanError(
                "CreateContainerConfigError",
                f"container {name}: of `lifecycle` this node has `preStop: {{sleep: {{seconds: …}}}}` alone",
            )
        limit = document.get("resources", {}).get("limits", {}).get("memory")
        yield ContainerPlan(
            name=name,
            image=document["image"],
            digest=match[1],
            command=tuple(document.get("command", ())),
            arguments=tuple(document.get("args", ())),
            environment=tuple(document.get("env", ())),
            folder=document.get("workingDir", ""),
            mounts=tuple(_mount(name, mount, volumes) for mount in document.get("volumeMounts", ())),
            memory=None if limit is None else quantity(str(limit)),
            startup=_probe(name, document.get("startupProbe"), ports),
            liveness=_probe(name, document.get("livenessProbe"), ports),
            readiness=_probe(name, document.get("readinessProbe"), ports),
            pause=float(hook.get("preStop", {}).get("sleep", {}).get("seconds", 0)),
        )


def _mount(container: str, mount: Document, volumes: Mapping[str, Document]) -> Mount:
    if mount["name"] not in volumes:  # the API server refuses it before
        raise PlanError("CreateContainerConfigError", f"container {container}: no volume {mount['name']}")
    return Mount(mount["name"], mount["mountPath"], mount.get("subPath", ""))


def _probe(container: str, document: Document | None, ports: Mapping[str, int]) -> Probe | None:
    if document is None:
        return None
    timed = Probe(
        "exec",
        delay=float(document.get("initialDelaySeconds", 0)),
        period=float(document.get("periodSeconds", 10)),
        timeout=float(document.get("timeoutSeconds", 1)),
        successes=int(document.get("successThreshold", 1)),
        failures=int(document.get("failureThreshold", 3)),
    )
    if "exec" in document:
        return replace(timed, command=tuple(document["exec"]["command"]))
    for key, kind in _NETWORK_PROBES.items():
        if key in document:
            target = document[key]
            if target.get("scheme", "HTTP") != "HTTP" or target.get("host"):
                raise PlanError(
                    "CreateContainerConfigError",
                    f"container {container}: this node probes its own Pods, by HTTP",
                )
            port = target["port"]
            number = ports.get(port, 0) if isinstance(port, str) else port
            return replace(timed, kind=kind, port=number, path=target.get("path", "/"))
    raise PlanError(
        "CreateContainerConfigError",
        f"container {container}: this node probes by httpGet, tcpSocket and exec",
    )
