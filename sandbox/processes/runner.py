"""Starts programs, watches their limits, stops them with grace, and leaves nothing of them."""

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.processes import outcome as outcomes
from sandbox.processes.family import families, resident
from sandbox.processes.isolation import Isolation, Level, reach
from sandbox.processes.program import Files, Program
from sandbox.processes.running import Running

if TYPE_CHECKING:
    import io

_LOG = logging.getLogger(__name__)
_LAUNCH = Path(__file__).with_name("launch.py")
_KEEPER = Path(__file__).with_name("keeper.py")
_WATCH = 0.25  # seconds between looks at limits
_GRACE = 10.0  # seconds a program gets after SIGTERM
_BARE = [sys.executable, "-IS"]  # an interpreter that starts in milliseconds


class StartError(Exception):
    """A program that could not be started; the text says why."""


class Runner:
    """Every program of one sandbox.

    Args:
        mark: name and value of an entry that each program's environment has beside its own, so that none is missed.
        forced: a level of isolation, else the best that works. Raises IsolationError.
    """

    def __init__(self, mark: tuple[str, str], forced: str = "") -> None:
        self._mark = mark
        self._running: set[Running] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        # The kernel's death signal follows the thread that forked: one thread that lives as long as the sandbox does.
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
        self.isolation: Isolation = reach(self._attempt, forced)
        self._keeper, self._life = self._keep()
        threading.Thread(target=self._watch, name="limits", daemon=True).start()

    def start(self, program: Program) -> Running:
        """Return when it runs; raises StartError."""
        if program.files and self.isolation.level == "none":
            raise StartError(
                f"{program.argv[0]} has a file system of its own, which takes namespaces: Linux, as root or with user "
                f"namespaces; this machine's isolation is none ({self.isolation.why})"
            )
        running = self._start(program, self.isolation.level)
        with self._lock:
            self._running.add(running)
        return running

    def stop(self, ending: Iterable[Running], grace: float = _GRACE) -> None:
        """SIGTERM, time to finish, SIGKILL; all at once. Nothing that they started is left."""
        ending = list(ending)
        for running in ending:
            running.terminate()
        deadline = time.monotonic() + grace
        for running in ending:
            if running.wait(max(0.0, deadline - time.monotonic())) is None:
                running.kill()
                running.wait()

    def close(self, grace: float = _GRACE) -> None:
        """Stop everything, and the keeper, which ends what got away."""
        with self._lock:
            left = list(self._running)
        self.stop(left, grace)
        self._closed.set()
        self._spawner.shutdown()
        with contextlib.suppress(BrokenPipeError), os.fdopen(self._life, "wb") as life:
            life.write(b".")
        self._keeper.wait()

    def _start(self, program: Program, level: Level) -> Running:
        name, value = self._mark
        network = program.network == "loopback" and level != "none"
        spec = json.dumps(
            {
                "parent": os.getpid(),
                "network": network,
                "with_user": level == "user-namespaces",
                "door": str(program.door) if program.door and network else None,
                "argv": program.argv,
                "environment": {**program.environment, name: value},
                "folder": str(program.folder),
                "open_files": program.limits.open_files,
                "cpu_seconds": program.limits.cpu_seconds,
                "files": _plain(program.files) if program.files else None,
            }
        ).encode()
        with contextlib.ExitStack() as stack:
            reading, writing = (stack.enter_context(end) for end in _pipe())
            reported, report = (stack.enter_context(end) for end in _pipe())
            try:
                log = stack.enter_context(program.log.open("ab"))
            except OSError as error:
                raise StartError(f"the log {program.log} cannot be written: {error.strerror}") from None
            process = self._spawner.submit(_spawn, reading.fileno(), report.fileno(), log.fileno()).result()
            reading.close()
            report.close()
            with contextlib.suppress(BrokenPipeError):  # it died, and its status will tell
                writing.write(spec)
                writing.close()
            complaint = reported.read().decode()
        if complaint:
            process.wait()
            raise StartError(f"{program.argv[0]} cannot be started: {complaint}")
        return Running(program, level if network else "none", process)

    def _attempt(self, level: Level) -> str | None:
        if sys.platform != "linux":
            return "Linux only"
        nothing = Program(("true",), {"PATH": os.defpath}, Path("/"), Path(os.devnull), "loopback")
        try:
            ended = self._start(nothing, level).wait(_GRACE)
        except StartError as error:
            return str(error).partition(": ")[2]
        return None if ended and ended.status == 0 else f"a program in it does not end well: {ended}"

    def _keep(self) -> tuple["subprocess.Popen[bytes]", int]:
        reading, writing = os.pipe()
        session = os.getsid(0)
        arguments = [str(reading), str(session if session == os.getpid() else -1), "=".join(self._mark)]
        keeper = subprocess.Popen(
            [*_BARE, str(_KEEPER), *arguments], stdin=subprocess.DEVNULL, env={}, pass_fds=[reading], cwd="/"
        )
        os.close(reading)
        return keeper, writing

    def _watch(self) -> None:
        while not self._closed.wait(_WATCH):
            with self._lock:
                self._running = {running for running in self._running if running.ended() is None}
                limited = {running.pid: running for running in self._running if _is_limited(running)}
            for pid, family in (families(set(limited)) if limited else {}).items():
                _look(limited[pid], len(family), resident(family))


def _plain(files: Files) -> dict[str, object]:
    return {
        "root": str(files.root),
        "mounts": [(str(source), str(files.root / target.lstrip("/"))) for source, target in files.mounts],
        "user": files.user,
    }


def _is_limited(running: Running) -> bool:
    limits = running.program.limits
    return bool(limits.memory or limits.processes or limits.wall_seconds)


def _look(running: Running, processes: int, memory: int) -> None:
    """End it when it is beyond a limit: at once, but for time, where it is asked first."""
    limits, now = running.program.limits, time.monotonic()
    if running.limit is not None:
        if running.kill_at is not None and now > running.kill_at:
            running.kill()
        return
    if limits.memory and memory > limits.memory:
        running.limit = outcomes.too_much_memory(memory, limits.memory)
        running.kill()
    elif limits.processes and processes > limits.processes:
        running.limit = outcomes.too_many_processes(processes, limits.processes)
        running.kill()
    elif limits.wall_seconds and now - running.started > limits.wall_seconds:
        running.limit, running.kill_at = outcomes.too_long(limits.wall_seconds), now + _GRACE
        running.terminate()
    else:
        return
    _LOG.warning("process %d (%s) %s", running.pid, running.program.argv[0], running.limit)


def _spawn(spec: int, report: int, log: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*_BARE, str(_LAUNCH), str(spec), str(report)],
        env={},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=[spec, report],
        process_group=0,
    )


def _pipe() -> "tuple[io.BufferedReader, io.BufferedWriter]":
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
