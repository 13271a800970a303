"""Starts, watches and ends the processes behind variants."""

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.daemon import INCARNATION
from sandbox.home import Home
from sandbox.hosting.container import ContainerError, Program, Spec, prepare, remove
from sandbox.hosting.execution_role import Reader

_LEASH = Path(__file__).resolve().parent.parent / "leash.py"
_POLL = 0.05  # seconds between pings
_DRAIN = 10.0  # seconds a server gets after SIGTERM
# Below the kernel's range for outgoing connections, so that no client's socket takes a port between our look and the
# server's bind.
_PORTS = range(20_000, 32_000)


@dataclass
class Instance:
    """One process of a variant."""

    id: str
    port: int
    log: Path
    process: "subprocess.Popen[bytes]" = field(repr=False)


class Fleet:
    """Every instance of this sandbox."""

    def __init__(self, home: Home, reader: Reader) -> None:
        self._home = home
        self._reader = reader
        self._live: dict[str, Instance] = {}
        self._lock = threading.Lock()
        self._number = 0
        # The kernel's death signal follows the thread that forked, so one thread that lives as long as the daemon does.
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")

    def start(self, name: str, spec: Spec) -> Instance:
        """Start one instance, named for logs; it may not be ready yet. Raises ContainerError."""
        with self._lock:
            self._number += 1
            identity = f"{name}-{self._number}"
        port = _free_port()
        try:
            program = prepare(self._home, self._reader, spec, identity, port)
            log = self._home.container_logs / f"{identity}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            process = self._spawner.submit(_spawn, program, log).result()
        except ContainerError:
            remove(self._home, identity)
            raise
        instance = Instance(identity, port, log, process)
        with self._lock:
            self._live[identity] = instance
        return instance

    def wait(self, instance: Instance, deadline: float) -> None:
        """Return when `/ping` answers 200; raises ContainerError past `deadline` (monotonic) or when it ends."""
        last = "no answer"
        while time.monotonic() < deadline:
            if (status := instance.process.poll()) is not None:
                raise ContainerError(f"its process ended with status {status}: {_last_line(instance.log)}")
            try:
                answer = _ping(instance.port)
            except (OSError, http.client.HTTPException) as error:
                last = str(error) or type(error).__name__
            else:
                if answer == http.HTTPStatus.OK:
                    return
                last = f"status {answer}"
            time.sleep(_POLL)
        raise ContainerError(f"/ping did not answer 200 in time ({last})")

    def dead(self) -> set[str]:
        """Instances whose process ended by itself."""
        with self._lock:
            return {
                identity for identity, instance in self._live.items() if instance.process.poll() is not None
            }

    def stop(self, instances: Iterable[Instance]) -> None:
        """SIGTERM, time to finish, SIGKILL; all at once."""
        ending = list(instances)
        for instance in ending:
            _signal(instance, signal.SIGTERM)
        deadline = time.monotonic() + _DRAIN
        for instance in ending:
            try:
                instance.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(instance, signal.SIGKILL)
                instance.process.wait()
            with self._lock:
                self._live.pop(instance.id, None)
            remove(self._home, instance.id)

    def stop_all(self) -> None:
        with self._lock:
            live = list(self._live.values())
        self.stop(live)


def _spawn(program: Program, log: Path) -> "subprocess.Popen[bytes]":
    environment = program.environment | {INCARNATION: os.environ.get(INCARNATION, "")}
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-IS", str(_LEASH), str(os.getpid()), *program.argv],
            cwd=program.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _signal(instance: Instance, number: signal.Signals) -> None:
    if instance.process.poll() is None:
        instance.process.send_signal(number)


def _ping(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status
    finally:
        connection.close()


def _free_port() -> int:
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ContainerError("no free port for a container")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it printed nothing"
