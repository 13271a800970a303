"""Where a cluster's files lie, and which addresses it has inside its own network."""

from dataclasses import dataclass
from pathlib import Path

from sandbox.home import CHECKOUT, Home

# One network on the loopback interface of the cluster's own namespace: each address in it can be listened on, as each of
# 127.0.0.0/8 can, which an EndpointSlice refuses.
NETWORK, PREFIX = "10.99.0.0", 24
ADDRESS = "10.99.0.1"  # the node's, and of all servers of the control plane
POD_ADDRESSES = tuple(f"10.99.0.{number}" for number in range(10, 250))
API_PORT, ETCD_PORT, ETCD_PEER_PORT, GATEWAY_PORT = 6443, 2379, 2380, 80
SERVICES = "10.96.0.0/16"  # cluster addresses of Services; nothing answers on them here

NODE = "sandbox"
# What the committed environments on Kubernetes call this cluster, as they call its two accounts: the kubeconfig's context, and
# the name that the API server's certificate carries, since its port is another one in each sandbox.
CONTEXT, NAME = "edge", "kubernetes.edge.example.com"
GATEWAY_CLASS, GATEWAY, GATEWAY_NAMESPACE = "traefik", "public", "gateways"

_TOOLS = CHECKOUT / ".tools" / "kubernetes"


@dataclass(frozen=True)
class Layout:
    """The files of one cluster."""

    home: Home

    @property
    def root(self) -> Path:
        return self.home.root

    @property
    def secrets(self) -> Path:
        return self.root / "pki"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def etcd(self) -> Path:
        return self.root / "etcd"

    @property
    def kubeconfig(self) -> Path:
        """An administrator's, for clients outside the cluster's network."""
        return self.root / "admin.kubeconfig"

    def inside(self, user: str) -> Path:
        """A component's kubeconfig, which works inside the cluster's network alone."""
        return self.secrets / f"{user}.kubeconfig"

    @property
    def pods(self) -> Path:
        return self.root / "pods"

    def pod_log(self, namespace: str, pod: str, container: str) -> Path:
        return self.root / "pod-logs" / f"{namespace}_{pod}_{container}.log"

    @property
    def images(self) -> Home:
        """Where the images are that this node can run: of the AWS sandbox around it, whose folder this cluster's is in."""
        return Home(self.root.parent)


@dataclass(frozen=True)
class Tools:
    """What `make setup-kubernetes` left."""

    servers: Path = _TOOLS / "bin" / "sandbox-kubernetes"
    definitions: Path = _TOOLS / "definitions"  # of kinds that Kubernetes itself does not have
    traefik: Path = CHECKOUT / ".venv-kubernetes" / "bin" / "traefik"

    def missing(self) -> list[Path]:
        return [path for path in (self.servers, self.definitions, self.traefik) if not path.exists()]
