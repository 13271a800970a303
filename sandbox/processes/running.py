"""A program that was started."""

import contextlib
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

from sandbox.processes.isolation import Level
from sandbox.processes.outcome import Outcome, outcome
from sandbox.processes.program import Program

if TYPE_CHECKING:
    import subprocess


class Running:
    """It may have ended since.

    Attributes:
        program: what was asked for.
        level: of isolation, in force for its network.
        started: `time.monotonic`.
        limit: in words, the limit that it is being ended for.
        kill_at: `time.monotonic` at which its grace is over.
    """

    def __init__(self, program: Program, level: Level, process: "subprocess.Popen[bytes]") -> None:
        self.program = program
        self.level: Level = level
        self.started = time.monotonic()
        self.limit: str | None = None
        self.kill_at: float | None = None
        self._process = process
        self._outcome: Outcome | None = None
        self._lock = threading.Lock()  # while it is held, the pid is nobody else's
        self._over = threading.Event()
        threading.Thread(target=self._reap, name=f"reap-{process.pid}", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self) -> Outcome | None:
        """How it ended; none while it runs."""
        return self._outcome if self._over.is_set() else None

    def wait(self, seconds: float | None = None) -> Outcome | None:
        """How it ended, as soon as it has; none when it still runs after so many seconds."""
        return self._outcome if self._over.wait(seconds) else None

    def terminate(self) -> None:
        """Ask it to end; what it started hears nothing, as in a container."""
        with self._lock:
            if not self._over.is_set():
                os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it and everything that it started."""
        with self._lock:
            if not self._over.is_set():
                self._kill_group()

    def _reap(self) -> None:
        if hasattr(os, "waitid"):  # macOS has it from Python 3.13 on
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._process.wait()
        with self._lock:
            self._kill_group()  # what it started ends with it; its pid still names the group
            status = self._process.wait()
            self._outcome = outcome(status, self.limit, self.program.limits, self.program.log)
            self._over.set()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS forbids it among zombies only
            os.killpg(self.pid, signal.SIGKILL)
