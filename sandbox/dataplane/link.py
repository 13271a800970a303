"""Hosting's end of the data plane: starts its process, tells it the routes, takes its metrics and the names of files that it captured."""

import contextlib
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from sandbox.hosting.fleet import Instance

_LOG = logging.getLogger(__name__)
_AGAIN = 1.0  # seconds between attempts to start it
_SWAP = 10.0  # seconds for a table to be in force
_DRAIN = 65.0  # seconds: the longest invocation is over by then

Metrics = Callable[[list[dict[str, Any]]], None]
Captured = Callable[[list[str]], None]  # names of files


class Link:
    """The data plane's process; one that dies is started again with the present routes."""

    def __init__(
        self,
        port: int,
        seed: int,
        spool: Path,
        table: Callable[[], dict[str, Any]],
        *,
        metrics: Metrics,
        captured: Captured,
    ) -> None:
        self._seed, self._spool = seed, spool
        self._table = table
        self._metrics, self._captured = metrics, captured
        self._orders = 0
        self._pending: dict[int, Future[None]] = {}
        self._lock = threading.Lock()
        self._publishing = threading.Lock()
        self._process, self.port = self._launch(port)
        threading.Thread(target=self._listen, name="data-plane", daemon=True).start()

    def publish(self) -> None:
        """Return when every later request follows the present weights and instances."""
        # Under a lock, so that an older table never arrives after a newer one.
        with self._publishing:
            pending = self._order(table=self._table())
        self._settle(pending, _SWAP)

    def drain(self, instances: list[Instance]) -> None:
        """Return when no request is in flight on these instances, which have left the routes."""
        self._settle(self._order(drain=[instance.id for instance in instances]), _DRAIN)

    def close(self) -> None:
        """Let the process end, with its last metrics."""
        self._closing = True
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it ended by itself
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    _closing = False

    def _launch(self, port: int) -> tuple["subprocess.Popen[bytes]", int]:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "sandbox.dataplane", str(port), str(self._seed), self._spool],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise OSError(f"the data plane ended while starting, on port {port}")
        return process, int(json.loads(line)["ready"])

    def _listen(self) -> None:
        while not self._closing:
            assert self._process.stdout is not None
            for line in self._process.stdout:
                if not line.endswith(b"\n"):
                    break  # it was killed while it wrote: half a line says nothing
                message = json.loads(line)
                if "captured" in message:
                    self._captured(message["captured"])
                elif "done" in message:
                    with self._lock:
                        pending = self._pending.pop(message["done"], None)
                    if pending:
                        pending.set_result(None)
                elif "metrics" in message:
                    self._metrics(message["metrics"])
            if not self._closing:
                self._relaunch()

    def _relaunch(self) -> None:
        _LOG.error("the data plane ended with status %s; starting it again", self._process.wait())
        with self._lock:
            lost, self._pending = list(self._pending.values()), {}
            while True:
                try:
                    self._process, self.port = self._launch(self.port)
                    break
                except OSError:
                    _LOG.exception("the data plane does not start")
                    time.sleep(_AGAIN)
        self._order(table=self._table())
        for pending in lost:  # requests in flight went down with it; the new one has the present table
            pending.set_result(None)

    def _order(self, **order: Any) -> "Future[None]":
        pending: Future[None] = Future()
        with self._lock:
            self._orders += 1
            self._pending[self._orders] = pending
            line = json.dumps({"n": self._orders, **order}).encode() + b"\n"
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(line)
                self._process.stdin.flush()
            except BrokenPipeError:
                _LOG.warning("the data plane is away; it gets the present table when it is back")
        return pending

    @staticmethod
    def _settle(pending: "Future[None]", seconds: float) -> None:
        try:
            pending.result(seconds)
        except TimeoutError:
            _LOG.exception("the data plane did not obey within %.0f s", seconds)
