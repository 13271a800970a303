"""The background process: `python -m sandbox.kubernetes.serve`, which `sandbox kubernetes up` starts."""

import logging
import os
import secrets
import shutil
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

from sandbox.daemon import INCARNATION, announce, held, remembered_ports
from sandbox.home import Home, SandboxError, claim, home
from sandbox.kubernetes import argocd, certificates, network, objects, servers, users
from sandbox.kubernetes.api import Api, ApiError
from sandbox.kubernetes.argocd import ArgoCd
from sandbox.kubernetes.container import Machine
from sandbox.kubernetes.front import Front
from sandbox.kubernetes.layout import Layout, Tools
from sandbox.kubernetes.node import Node
from sandbox.kubernetes.pod import Pod
from sandbox.kubernetes.pod_roles import PodRoles
from sandbox.kubernetes.supervisor import Supervisor
from sandbox.kubernetes.way_out import WayOut
from sandbox.processes.runner import Runner

_LOG = logging.getLogger(__name__)
_LOOK = 0.05  # seconds
_BACKLOG = 128
_PAUSES = {"pause": signal.SIGSTOP, "resume": signal.SIGCONT, "kill": signal.SIGKILL}


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    place = home()
    claim(place)
    with held(place.lock):
        # Before anything has a second thread: namespaces are a thread's.
        outside = _listening(place)
        way = WayOut()
        network.enter()
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        Cluster(place, *outside, way).run(ended)


class Cluster:
    """Everything of one cluster, in this process or started by it."""

    def __init__(self, home: Home, api: socket.socket, gateway: socket.socket, way: WayOut) -> None:
        self._home = home
        self._way = way
        self._layout = Layout(home)
        self._outside = api
        self._gateway = gateway
        self._token = secrets.token_urlsafe(32)
        self._node: Node | None = None
        self._began = time.monotonic()
        _empty(self._layout)
        certificates.make(self._layout.secrets)
        tokens = users.tokens(self._layout)
        users.write_token_file(self._layout.secrets / "tokens.csv", tokens)
        port = api.getsockname()[1]
        users.write_kubeconfigs(self._layout, tokens, f"https://127.0.0.1:{port}")

    def run(self, ended: threading.Event) -> None:
        """Start it, tell `up` once it can be used, and end it."""
        layout, tools = self._layout, Tools()
        supervisor = Supervisor(layout)
        runner = Runner((INCARNATION, os.environ[INCARNATION]))
        try:
            control_plane = servers.control_plane(layout, tools)
            for server in control_plane[:2]:
                supervisor.start(server)
            api = Api(layout.inside("sandbox"), "sandbox")
            argo = ArgoCd(layout, tools, api, supervisor)
            Front(self._outside, layout, self._token, self._routes(supervisor, argo))
            while not (api.ready() or ended.is_set()):
                time.sleep(_LOOK)
            for server in control_plane[2:]:
                supervisor.start(server)
            roles = PodRoles(layout.images, self._way, api)
            self._node = Node(
                Api(layout.inside("node"), "sandbox-node"), Machine(runner, layout.images, roles), layout
            )
            self._node.start()
            objects.install(api, tools.definitions)
            supervisor.start(servers.gateway(layout, tools), self._gateway.fileno())
            objects.wait_until_usable(api, ended)
            if not ended.is_set():
                announce(
                    self._home, self._outside.getsockname()[1], self._gateway.getsockname()[1], self._token
                )
                _LOG.info("serves after %.1f s", time.monotonic() - self._began)
            ended.wait()
        finally:
            if self._node:
                self._node.close()
            runner.close()
            supervisor.close()
            self._way.close()

    def _routes(self, supervisor: Supervisor, argo: ArgoCd) -> dict[tuple[str, str], Any]:
        return {
            ("POST", "/sandbox/argocd"): lambda query: argo.start(
                Path(query["redis"]), float(query["seconds"])
            ),
            ("GET", "/sandbox/status"): lambda _: self._status(supervisor),
            ("POST", "/sandbox/servers"): lambda query: _disturb(supervisor, query),
        }

    def _status(self, supervisor: Supervisor) -> dict[str, Any]:
        shown = supervisor.show()
        pods = self._node.pods() if self._node else []
        return {
            "incarnation": os.environ[INCARNATION],
            "kubeconfig": str(self._layout.kubeconfig),
            "api": f"https://127.0.0.1:{self._outside.getsockname()[1]}",
            "gateway": f"http://127.0.0.1:{self._gateway.getsockname()[1]}",
            "argocd": argocd.show(self._layout, supervisor),
            "servers": shown,
            "pods": sorted((_shown(pod) for pod in pods), key=lambda pod: (pod["namespace"], pod["name"])),
        }


def _shown(pod: Pod) -> dict[str, Any]:
    return {
        "namespace": pod.namespace,
        "name": pod.name,
        "phase": pod.state.phase,
        "address": pod.state.address,
        "containers": [
            {
                "name": each.plan.name,
                "pid": each.pid,
                "ready": each.state.ready,
                "restarts": each.state.restarts,
                "waiting": ": ".join(filter(None, each.state.waiting)) if each.state.waiting else "",
            }
            for each in pod.containers
        ],
    }


def _disturb(supervisor: Supervisor, query: dict[str, Any]) -> None:
    """Pause, resume or kill a server."""
    name, what = query["name"], query["what"]
    if name not in supervisor.names():
        raise ValueError(f"{name!r} is no server; there are {', '.join(supervisor.names())}")
    if what not in _PAUSES:
        raise ValueError(f"{what!r} is none of {', '.join(_PAUSES)}")
    supervisor.signal(name, _PAUSES[what])


def _empty(layout: Layout) -> None:
    """Each start makes a new cluster: what AWS had in the sandbox around it ended with that one, too."""
    for folder in (layout.etcd, layout.pods, layout.root / "pod-logs", layout.logs):
        shutil.rmtree(folder, ignore_errors=True)


def _listening(home: Home) -> tuple[socket.socket, socket.socket]:
    """The two ways in, on the ports of the last run where they are free."""
    ports = remembered_ports(home)
    return _bound(ports.control), _bound(ports.runtime)


def _bound(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError:
        listening.bind(("127.0.0.1", 0))
    listening.listen(_BACKLOG)
    return listening


if __name__ == "__main__":
    try:
        main()
    except (SandboxError, ApiError) as error:
        raise SystemExit(f"sandbox kubernetes: {error}") from None
