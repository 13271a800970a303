"""`sandbox kubernetes up|down|status|logs`."""

import argparse
import json
import os
import ssl
import sys
import urllib.error
import urllib.request
from typing import Any

from modeldelivery.terminal import program
from sandbox import daemon
from sandbox.home import SandboxError
from sandbox.kubernetes import argocd
from sandbox.kubernetes.front import TOKEN
from sandbox.kubernetes.home import cluster_home
from sandbox.kubernetes.layout import Layout, Tools

_DEADLINE = 180.0  # seconds for a start; on an idle machine it takes ten


def add(parser: argparse.ArgumentParser) -> None:
    """The subcommands."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    up = command("up", _up, "start it unless it runs, and wait until it can be used")
    up.add_argument("--argocd", action="store_true", help="and Argo CD in it, with a Git repository")
    down = command("down", _down, "end it with everything it started")
    down.add_argument("--purge", action="store_true", help="remove its folder as well")
    status = command("status", _status, "show its servers and Pods")
    status.add_argument("--json", action="store_true")
    logs = command("logs", _logs, "print its log, a server's or a Pod's")
    logs.add_argument("name", nargs="?", help="a server, or how NAMESPACE_POD begins; without it its own log")
    logs.add_argument("--lines", type=int, default=50, help="of each, the last (default 50)")


def _up(_: Any, arguments: argparse.Namespace) -> None:
    if missing := Tools().missing():
        raise SandboxError(f"{missing[0]} is not there: `make setup-kubernetes` makes it, once per user")
    redis = argocd.required() if arguments.argocd else None
    home = cluster_home()
    started = daemon.up(home, os.environ, _DEADLINE, module="sandbox.kubernetes.serve")
    print(f"Kubernetes {started.incarnation} serves on 127.0.0.1:{started.control}", file=sys.stderr)
    if redis:
        body = {"redis": str(redis), "seconds": _DEADLINE}
        ask(started, Layout(home), "/sandbox/argocd", body, seconds=2 * _DEADLINE)
        print(f"Argo CD delivers from file://{argocd.repository(Layout(home))}", file=sys.stderr)
    print(f"export KUBECONFIG={Layout(home).kubeconfig}")


def _down(_: Any, arguments: argparse.Namespace) -> None:
    daemon.down(cluster_home(), purge=arguments.purge)


def _status(_: Any, arguments: argparse.Namespace) -> None:
    running = daemon.running(cluster_home())
    if running is None:
        raise SandboxError("the cluster does not run: `sandbox kubernetes up` starts it")
    status = ask(running, Layout(cluster_home()), "/sandbox/status")
    if arguments.json:
        program.give(json.dumps(status, indent=2))
        return
    program.say(f"kubeconfig {status['kubeconfig']}")
    program.say(f"gateway    {status['gateway']}")
    for server in status["servers"]:
        again = f", started again {server['restarts']} times" if server["restarts"] else ""
        program.say(f"{server['name']:<24} {server['resident_bytes'] / 2**20:4.0f} MiB{again}")
    for pod in status["pods"]:
        program.say(f"{pod['namespace']}/{pod['name']}  {pod['phase']}  {pod['address']}")
        for container in pod["containers"]:
            state = container["waiting"] or ("ready" if container["ready"] else "not ready")
            program.say(f"  {container['name']}  {state}, {container['restarts']} restarts")


def _logs(_: Any, arguments: argparse.Namespace) -> None:
    layout = Layout(cluster_home())
    if arguments.name is None:
        program.say(daemon.tail(layout.home, arguments.lines))
        return
    files = sorted(
        [
            *layout.logs.glob(f"{arguments.name}.log"),
            *(layout.root / "pod-logs").glob(f"{arguments.name}*.log"),
        ]
    )
    if not files:
        names = ", ".join(path.stem for path in sorted(layout.logs.glob("*.log")))
        raise SandboxError(
            f"no server is called {arguments.name!r} ({names}), and no NAMESPACE_POD begins so"
        )
    for path in files:
        print(f"== {path.stem}")
        program.say("\n".join(path.read_text(errors="replace").splitlines()[-arguments.lines :]))


def ask(
    running: daemon.Daemon,
    layout: Layout,
    path: str,
    body: object = None,
    *,
    method: str | None = None,
    seconds: float = 10,
) -> Any:
    """What a route of the sandbox's own answers, within so many seconds; with a body it is sent, by POST unless `method` is given.

    Raises:
        SandboxError: it refuses.
    """
    request = urllib.request.Request(
        f"https://127.0.0.1:{running.control}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={TOKEN: running.token, "Content-Type": "application/json"},
    )
    context = ssl.create_default_context(cafile=str(layout.secrets / "ca.crt"))
    try:
        with urllib.request.urlopen(request, timeout=seconds, context=context) as answer:  # noqa: S310 - https, this machine
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SandboxError(json.load(error)["message"]) from None
