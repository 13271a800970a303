"""What the model server's validation, metrics and health cost, beside a program that only decodes, predicts and encodes.

And what of it its metrics cost, beside the same server that counts nothing.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks.load import Request, rate, straight
from benchmarks.row import Row
from benchmarks.world import World, endpoint
from sandbox.home import Home
from tools.demo.run import StepError

_ROUNDS = 7
_SECONDS = 1.0  # a round
_STARTS = 30.0  # seconds that a server may take to start
_POLL = 0.05  # seconds
_JSON = "application/json"


def measure(world: World) -> list[Row]:
    folder = _model(world)
    flight = world.flight()
    rows = json.dumps([json.loads(flight)] * 100).encode()
    cores = sorted(psutil.Process().cpu_affinity() or [])
    with (
        _started("pipelines.server", folder, cores[0]) as ours,
        _started("benchmarks.bare", folder, cores[0]) as bare,
        _started("benchmarks.unmetered", folder, cores[0]) as unmetered,
        _apart(cores),
    ):
        beside = "a bare ASGI program"
        return [
            _row(f"{beside}, 1 row over 1 connection", (ours, bare), flight, 1, bar=0.85),
            _row(f"{beside}, 1 row over 16 connections", (ours, bare), flight, 16, bar=0.75),
            _row(f"{beside}, 100 rows over 1 connection", (ours, bare), rows, 1, bar=1.0),
            _row(
                "itself without metrics, 1 row over 16 connections", (ours, unmetered), flight, 16, bar=0.95
            ),
        ]


def _row(beside: str, ports: tuple[int, int], body: bytes, connections: int, *, bar: float) -> Row:
    requests = [straight(port, None, body, _JSON) for port in ports]
    turns = [_turn(requests, connections) for _ in range(_ROUNDS + 1)][1:]  # the first is to warm up
    return Row(
        what=f"predictions a second of the model server / {beside}",
        measured=statistics.median(own / other for own, other in turns),
        bar=bar,
        unit="ratio",
        more=True,
        made_of=f"{statistics.median(own for own, _ in turns):.0f} against "
        f"{statistics.median(other for _, other in turns):.0f} requests a second on one core "
        f"(medians of {_ROUNDS} rounds)",
    )


def _turn(requests: Sequence[Request], connections: int) -> tuple[float, float]:
    own, other = (rate(request, connections, _SECONDS) for request in requests)
    return own, other


def _model(world: World) -> Path:
    """The folder with the model of one of staging's instances. Raises StepError."""
    for folder in Home(world.demo.home).instances.glob(f"{endpoint('staging')}-*/model"):
        return folder
    raise StepError(f"no model server of {endpoint('staging')} runs in the sandbox")


@contextmanager
def _apart(cores: list[int]) -> Iterator[None]:
    """The load, which this process makes, stays off the servers' core, the first, where there is another."""
    psutil.Process().cpu_affinity(cores[1:] or cores)
    try:
        yield
    finally:
        psutil.Process().cpu_affinity(cores)


@contextmanager
def _started(module: str, folder: Path, core: int) -> Iterator[int]:
    """A server on the core `core`, that answers; its port. Raises StepError."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [str(folder), str(port)] if module == "benchmarks.bare" else []
    environ = os.environ | {
        "SM_MODEL_DIR": str(folder),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
        "BIND_HOST": "127.0.0.1",
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], env=environ, stderr=subprocess.DEVNULL
    )
    try:
        psutil.Process(process.pid).cpu_affinity([core])
        _wait(process, port)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Until `/ping` is 200. Raises StepError."""
    end = time.monotonic() + _STARTS
    while time.monotonic() < end:
        if (status := process.poll()) is not None:
            raise StepError(f"the server for port {port} ended with {status} before it answered")
        with (
            suppress(OSError),  # it does not listen yet
            socket.create_connection(("127.0.0.1", port), max(_POLL, end - time.monotonic())) as connection,
        ):
            connection.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            if b" 200 " in connection.recv(64):
                return
        time.sleep(_POLL)
    raise StepError(f"no server answers on port {port} after {_STARTS:.0f} s")
