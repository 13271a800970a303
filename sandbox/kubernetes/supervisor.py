"""Runs the cluster's servers: started in order, started again when they end, paused and killed on request."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from sandbox.daemon import INCARNATION
from sandbox.home import SandboxError
from sandbox.kubernetes.layout import Layout
from sandbox.kubernetes.servers import Server

_LOG = logging.getLogger(__name__)
_HANDOVER = Path(__file__).with_name("handover.py")
_WATCH = 0.2  # seconds between looks
_AGAIN = 1.0  # seconds before a server that ended is started again
_GRACE = 5.0  # seconds after SIGTERM


@dataclass
class _Kept:
    server: Server
    process: "subprocess.Popen[bytes]"
    handle: int
    restarts: int = 0
    due: float = 0.0  # monotonic: when it is started again, once it ended


class Supervisor:
    """Every server of one cluster."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        # The kernel's death signal follows the thread that forked: one that lives as long as this process.
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
        layout.logs.mkdir(parents=True, exist_ok=True)
        threading.Thread(target=self._watch, name="servers", daemon=True).start()

    def start(self, server: Server, handle: int = -1) -> None:
        """Start a server, with the listening socket `handle` if any; raises SandboxError."""
        try:
            process = self._spawn(server, handle)
        except OSError as error:
            raise SandboxError(f"{server.argv[0]} cannot be started: {error.strerror}") from None
        with self._lock:
            self._kept[server.name] = _Kept(server, process, handle)

    def names(self) -> list[str]:
        with self._lock:
            return list(self._kept)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a server; raises KeyError for a name that none has."""
        with self._lock:
            self._kept[name].process.send_signal(number)

    def show(self) -> list[dict[str, object]]:
        """Of each server: name, pid, MiB resident, restarts."""
        with self._lock:
            kept = list(self._kept.values())
        return [
            {
                "name": each.server.name,
                "pid": each.process.pid,
                "resident_bytes": _resident(each.process.pid),
                "restarts": each.restarts,
            }
            for each in kept
        ]

    def close(self) -> None:
        """End all, the last first."""
        self._closed.set()
        with self._lock:
            kept = list(self._kept.values())[::-1]
        for each in kept:
            each.process.terminate()
        end = time.monotonic() + _GRACE
        for each in kept:
            with contextlib.suppress(subprocess.TimeoutExpired):
                each.process.wait(max(0.0, end - time.monotonic()))
            each.process.kill()
            each.process.wait()
        self._spawner.shutdown()

    def _spawn(self, server: Server, handle: int) -> "subprocess.Popen[bytes]":
        with (self._layout.logs / f"{server.name}.log").open("ab") as log:
            return self._spawner.submit(
                subprocess.Popen,
                [sys.executable, "-IS", str(_HANDOVER), str(os.getpid()), str(handle), *server.argv],
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "HOME": str(self._layout.root),
                    INCARNATION: os.environ[
                        INCARNATION
                    ],  # by which `down` knows them, were this process killed
                    **server.environment,
                },
                cwd=self._layout.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[handle] if handle >= 0 else [],
                process_group=0,
            ).result()

    def _watch(self) -> None:
        while not self._closed.wait(_WATCH):
            now = time.monotonic()
            with self._lock:
                for each in self._kept.values():
                    if each.process.poll() is None:
                        continue
                    if not each.due:
                        _LOG.warning("%s ended with %s", each.server.name, each.process.returncode)
                        each.due = now + _AGAIN
                    elif now >= each.due:
                        each.process = self._spawn(each.server, each.handle)
                        each.restarts, each.due = each.restarts + 1, 0.0


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
