"""The environments on a cluster: what `make up TARGET=kubernetes` makes beside the world's own, in the same sandbox."""

import json
import time
from functools import cached_property
from typing import Any

from benchmarks.row import SkippedError
from benchmarks.world import World
from sandbox.daemon import Daemon, running
from sandbox.environment import KUBERNETES_PROVIDER
from sandbox.home import Home
from sandbox.kubernetes.api import Api
from sandbox.kubernetes.cli import ask
from sandbox.kubernetes.home import within
from sandbox.kubernetes.layout import Layout, Tools
from tools.demo.run import EDGES, StepError

ENVIRONMENT = EDGES[1]  # has the config of production


class Cluster:
    """One that runs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._home = within(Home(world.demo.home))

    @cached_property
    def gateway(self) -> int:
        """Port on 127.0.0.1 behind which every environment has its host name."""
        return int(self.status()["gateway"].rpartition(":")[2])

    @property
    def pid(self) -> int:
        """Of the process that all others descend from."""
        return self._daemon.pid

    def status(self) -> dict[str, Any]:
        """Its servers and Pods."""
        return dict(self._asked("/sandbox/status"))

    @cached_property
    def api(self) -> Api:
        """An administrator's."""
        return Api(Layout(self._home).kubeconfig, "benchmarks")

    def calls(self, since: int) -> list[dict[str, Any]]:
        """Requests from outside after so many."""
        return list(self._asked(f"/sandbox/calls?since={since}"))

    def _asked(self, path: str) -> Any:
        return ask(self._daemon, Layout(self._home), path)

    @property
    def _daemon(self) -> Daemon:
        daemon = running(self._home)
        if daemon is None:
            raise StepError("the cluster does not run any more: `sandbox kubernetes logs` says why")
        return daemon


def start(world: World) -> float:
    """Have the cluster run; seconds that it took. Raises SkippedError, StepError."""
    _require_tools()
    started = time.monotonic()
    world.demo.run("bench-cluster", "sandbox", "kubernetes", "up")
    return time.monotonic() - started


def edges(world: World) -> Cluster:
    """The cluster with both environments, each with two versions, made unless they are there. Raises SkippedError, StepError."""
    _require_tools()
    if not _stands(world):
        world.make_up("TARGET=kubernetes")
    return Cluster(world)


def _require_tools() -> None:
    missing = [*Tools().missing(), *(path for path in (KUBERNETES_PROVIDER,) if not path.exists())]
    if missing:
        raise SkippedError(f"{missing[0].name} is not there: `make setup-kubernetes` makes it, once per user")


def _stands(world: World) -> bool:
    command = world.demo.start("bench-edge", "modelctl", "status", "--env", ENVIRONMENT, "--json")
    try:
        return bool(json.loads(command.output())["serving"])
    except StepError:
        return False
