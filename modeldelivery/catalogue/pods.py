"""Pods wherever a manifest has some, and in what they are looser than Kubernetes' restricted standard.

https://kubernetes.io/docs/concepts/security/pod-security-standards/ at 1.36; a root file system that is read-only is this project's own.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Spec = Mapping[str, Any]
SERVER_ACCOUNT = "server"  # the service account of model servers, which may do nothing in the cluster

_VOLUMES = frozenset(
    {
        *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"),
        *("persistentVolumeClaim", "projected", "secret"),
    }
)
_SYSCTLS = frozenset(
    {
        *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start"),
        *("net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports"),
        *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"),
        *("net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
    }
)
_SELINUX = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})
_PROFILES = ("RuntimeDefault", "Localhost")
_ADDABLE = "NET_BIND_SERVICE"
_LISTS = ("initContainers", "containers", "ephemeralContainers")
_HOST = {"hostNetwork": "network", "hostPID": "processes", "hostIPC": "shared memory"}


class Looseness(NamedTuple):
    """One thing that the standard refuses.

    Attributes:
        what: short and stable, for example `server: privileged`.
        text: what pods may do by it, for a sentence that begins with whose pods they are.
    """

    what: str
    text: str


def pod_specs(manifest: Mapping[str, Any]) -> Iterator[Spec]:
    """Every specification of pods in a manifest, at any depth, by its shape: a list of containers makes one."""
    if isinstance(manifest.get("containers"), list):
        yield manifest
        return
    for value in manifest.values():
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, Mapping):
                yield from pod_specs(each)


def containers(pods: Spec) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each container with its name, those that come first and those that join later too."""
    for key in _LISTS:
        for number, each in enumerate(_list(pods.get(key))):
            if isinstance(each, Mapping):
                yield str(each.get("name") or f"{key}[{number}]"), each


def volume_images(pods: Spec) -> Iterator[Any]:
    """Images whose files are a volume."""
    for volume in _list(pods.get("volumes")):
        if (image := _mapping(volume).get("image")) is not None:
            yield _mapping(image).get("reference", image)


def loosenesses(pods: Spec) -> Iterator[Looseness]:
    """All of them. What is not known yet, and what is no value of its field, counts as loose."""
    whole = _mapping(pods.get("securityContext"))
    for key, whose in _HOST.items():
        if _is_on(pods.get(key)):
            yield Looseness(key, f"they share their node's {whose}")
    for number, volume in enumerate(_list(pods.get("volumes"))):
        others = set(_mapping(volume)) - {"name"} - _VOLUMES
        for kind in sorted(others) if isinstance(volume, Mapping) else ("unknown",):
            name = _mapping(volume).get("name", number)
            yield Looseness(f"volume {name}: {kind}", f"the volume {name} is a {kind}")
    for each in _list(whole.get("sysctls")):
        if (name := _mapping(each).get("name")) not in _SYSCTLS:
            yield Looseness(f"sysctl {name}", f"they set their node's {name}")
    if _list(whole.get("supplementalGroups")) and 0 in _list(whole.get("supplementalGroups")):
        yield Looseness("supplementalGroups: 0", "they are in the group of root")
    yield from _confinement("pods", whole)
    for name, container in containers(pods):
        yield from _of_container(name, container, whole)


def _of_container(name: str, container: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[Looseness]:
    own = _mapping(container.get("securityContext"))
    for what, text in (*_rights(own, whole), *_kernel(own, whole), *_ports(container)):
        yield Looseness(f"{name}: {what}", f"the container {name} {text}")
    yield from _confinement(name, own)


_Faults = Iterator[tuple[str, str]]


def _rights(own: Mapping[str, Any], whole: Mapping[str, Any]) -> _Faults:
    """Whose rights a container has; what it does not say itself, its pods may."""
    if _is_on(own.get("privileged")):
        yield "privileged", "is privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation", "may get more rights than it starts with"
    if own.get("readOnlyRootFilesystem") is not True:
        yield "readOnlyRootFilesystem", "may write to its root file system"
    if own.get("runAsNonRoot", whole.get("runAsNonRoot")) is not True:
        yield "runAsNonRoot", "may run as root"
    user = own.get("runAsUser", whole.get("runAsUser"))
    if user == 0 or not isinstance(user, int | float | None):
        yield "runAsUser", "runs as root" if user == 0 else "runs as a user that is not known"


def _kernel(own: Mapping[str, Any], whole: Mapping[str, Any]) -> _Faults:
    """What a container may ask of its node's kernel."""
    capabilities = _mapping(own.get("capabilities"))
    if "ALL" not in _list(capabilities.get("drop")):
        yield "capabilities.drop", "keeps capabilities that it does not need"
    for capability in _texts(capabilities.get("add")):
        if capability != _ADDABLE:
            yield f"capability {capability}", f"has the capability {capability}"
    profile = _mapping(own.get("seccompProfile", whole.get("seccompProfile"))).get("type")
    if profile not in _PROFILES:
        yield "seccompProfile", "may make any system call"
    if own.get("procMount") not in (None, "Default"):
        yield "procMount", "sees all of /proc"


def _ports(container: Mapping[str, Any]) -> _Faults:
    for port in _list(container.get("ports")):
        if host := _mapping(port).get("hostPort"):
            yield f"hostPort {_whole(host)}", f"takes its node's port {_whole(host)}"


def _confinement(name: str, context: Mapping[str, Any]) -> Iterator[Looseness]:
    """What a context of pods and one of a container have alike."""
    who = "they are" if name == "pods" else f"the container {name} is"
    linux = _mapping(context.get("seLinuxOptions"))
    if str(linux.get("type", "")) not in _SELINUX or linux.get("user") or linux.get("role"):
        yield Looseness(f"{name}: seLinuxOptions", f"{who} labelled otherwise than a container")
    if _mapping(context.get("appArmorProfile")).get("type", "RuntimeDefault") not in _PROFILES:
        yield Looseness(f"{name}: appArmorProfile", f"{who} not confined by AppArmor")
    if _is_on(_mapping(context.get("windowsOptions")).get("hostProcess")):
        yield Looseness(f"{name}: hostProcess", f"{who} a process of the node")


def _is_on(value: Any) -> bool:
    return value not in (None, False)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)] if value else []


def _whole(number: Any) -> Any:
    """A policy is given numbers as floats."""
    return int(number) if isinstance(number, float) else number
