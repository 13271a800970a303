"""The servers of the cluster: how each is started, and what is ready before it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.kubernetes.layout import (
    ADDRESS,
    API_PORT,
    ETCD_PEER_PORT,
    ETCD_PORT,
    GATEWAY_PORT,
    SERVICES,
    Layout,
    Tools,
)

_ETCD = f"http://{ADDRESS}:{ETCD_PORT}"
_ETCD_PEER = f"http://{ADDRESS}:{ETCD_PEER_PORT}"
# Of the controllers that want a cloud or routes: there is one node, and its pods' addresses are the kernel's.
_NO_CONTROLLERS = (
    "node-ipam-controller",
    "cloud-node-lifecycle-controller",
    "service-lb-controller",
    "node-route-controller",
)


@dataclass(frozen=True)
class Server:
    """One server's command line.

    Attributes:
        name: in `status`, `logs` and faults.
        argv: the program and its arguments.
        environment: beside PATH and HOME.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def control_plane(layout: Layout, tools: Tools) -> tuple[Server, ...]:
    """In the order in which they are started."""
    return (
        _etcd(layout, tools),
        _apiserver(layout, tools),
        _controllers(layout, tools),
        _scheduler(layout, tools),
    )


def gateway(layout: Layout, tools: Tools) -> Server:
    """Traefik; the socket that it listens on is handed to it by systemd's protocol, as `web`."""
    return Server(
        "traefik",
        (
            str(tools.traefik),
            f"--entryPoints.web.address=:{GATEWAY_PORT}",
            "--entryPoints.web.transport.respondingTimeouts.readTimeout=0",
            "--providers.kubernetesGateway=true",
            # A move reaches it within a tenth of a second; Traefik's own default is two seconds.
            "--providers.providersThrottleDuration=100ms",
            "--ping=true",
            f"--entryPoints.traefik.address={ADDRESS}:8090",
            "--global.checkNewVersion=false",
            "--global.sendAnonymousUsage=false",
            "--log.level=INFO",
            "--log.noColor=true",
        ),
        {"KUBECONFIG": str(layout.inside("traefik")), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"},
    )


def _etcd(layout: Layout, tools: Tools) -> Server:
    return Server(
        "etcd",
        (
            str(tools.servers),
            "etcd",
            "--name=sandbox",
            f"--data-dir={layout.etcd}",
            f"--listen-client-urls={_ETCD}",
            f"--advertise-client-urls={_ETCD}",
            f"--listen-peer-urls={_ETCD_PEER}",
            f"--initial-advertise-peer-urls={_ETCD_PEER}",
            f"--initial-cluster=sandbox={_ETCD_PEER}",
            # A sandbox that a power cut ends is made anew.
            "--unsafe-no-fsync",
            "--quota-backend-bytes=1073741824",
            "--auto-compaction-retention=10m",
            "--log-level=warn",
        ),
    )


def _apiserver(layout: Layout, tools: Tools) -> Server:
    pki = layout.secrets
    return Server(
        "kube-apiserver",
        (
            str(tools.servers),
            "kube-apiserver",
            f"--etcd-servers={_ETCD}",
            f"--bind-address={ADDRESS}",
            f"--advertise-address={ADDRESS}",
            f"--secure-port={API_PORT}",
            "--endpoint-reconciler-type=none",
            f"--tls-cert-file={pki}/apiserver.crt",
            f"--tls-private-key-file={pki}/apiserver.key",
            f"--cert-dir={pki}",
            f"--client-ca-file={pki}/ca.crt",
            f"--token-auth-file={pki}/tokens.csv",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--service-cluster-ip-range={SERVICES}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={pki}/sa.pub",
            f"--service-account-signing-key-file={pki}/sa.key",
            "--profiling=false",
        ),
        {"GOMEMLIMIT": "400MiB"},
    )


def _controllers(layout: Layout, tools: Tools) -> Server:
    pki = layout.secrets
    without = ",".join(f"-{name}" for name in _NO_CONTROLLERS)
    return Server(
        "kube-controller-manager",
        (
            str(tools.servers),
            "kube-controller-manager",
            f"--kubeconfig={layout.inside('kube-controller-manager')}",
            f"--bind-address={ADDRESS}",
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            f"--service-account-private-key-file={pki}/sa.key",
            f"--root-ca-file={pki}/ca.crt",
            f"--controllers=*,{without}",
            "--profiling=false",
        ),
    )


def _scheduler(layout: Layout, tools: Tools) -> Server:
    return Server(
        "kube-scheduler",
        (
            str(tools.servers),
            "kube-scheduler",
            f"--kubeconfig={layout.inside('kube-scheduler')}",
            f"--bind-address={ADDRESS}",
            "--leader-elect=false",
            "--profiling=false",
        ),
    )
