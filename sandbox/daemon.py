"""The background process's life: started once, found again by its lock, ended with everything it started."""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
import psutil

from sandbox.home import CHECKOUT, Home, SandboxError, claim, is_sandbox, write

INCARNATION = "SANDBOX_INCARNATION"
TOKEN = "x-sandbox-token"  # noqa: S105 - the header that shows it
_POLL = 0.05  # seconds
_LOOK = 0.5  # seconds: `_locked` takes the lock for an instant to see whether it is free
_GRACE = 15.0  # seconds a daemon gets to drain its model servers
# glibc's, and read by nothing else. An object of megabytes is copied several times on its way; memory that goes back to the kernel
# between is zeroed each time, which takes longer than the copy (mallopt(3)).
_MALLOC = {
    "MALLOC_ARENA_MAX": "1",  # each connection has a thread
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
}


class Daemon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `up` leaves for the other commands."""

    pid: int
    started: float  # seconds since the epoch, as the kernel tells: a recycled pid has another
    incarnation: str
    control: int  # port
    runtime: int  # port
    token: str  # whoever shows it may administer the sandbox


Record = TypeVar("Record")


class Ports(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    control: int = 0
    runtime: int = 0


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the home for as long as this process lives: the kernel lets go when it dies, however it dies."""
    with path.open("a") as file:
        end = time.monotonic() + _LOOK
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise SandboxError(
                        "another sandbox runs in this folder: `sandbox status` shows it"
                    ) from None
                time.sleep(_POLL)
        yield


def remembered_ports(home: Home) -> Ports:
    """Ports of the last run, so that a shell entered before a restart stays entered; 0 means any."""
    return _read(home.ports, Ports) or Ports()


def running(home: Home) -> Daemon | None:
    """The daemon of this home, if it is alive and is the process it says it is."""
    daemon = _recorded(home)
    return daemon if daemon and _alive(daemon) else None


def up(
    home: Home, environment: Mapping[str, str], deadline: float = 180.0, module: str = "sandbox.serve"
) -> Daemon:
    """Start the daemon unless it runs, and return when it serves.

    Args:
        home: its folder.
        environment: of a process in this sandbox.
        deadline: seconds that it may take.
        module: the process's program.

    Raises:
        SandboxError: it cannot start, or takes longer.
    """
    claim(home)
    recorded = _recorded(home)
    if recorded and _alive(recorded):
        return recorded
    if recorded:
        _sweep(recorded)  # of one that was killed; not `down`, which would end a sandbox that just came up
    own = _MALLOC | {
        INCARNATION: secrets.token_hex(6),
        "SANDBOX_HOME": str(home.root),
        "PYTHONPATH": str(CHECKOUT),
    }
    with home.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", module],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=home.root,
            # It plays AWS, and calls neither AWS nor Pulumi.
            env={n: v for n, v in environment.items() if not n.startswith(("AWS_", "PULUMI_"))} | own,
            start_new_session=True,
        )
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        # Whoever won a race of two `up`s is as good as ours.
        if daemon := running(home):
            return daemon
        if process.poll() is not None and not _locked(home):
            raise SandboxError(
                f"the sandbox ended while starting (status {process.returncode}):\n{tail(home)}"
            )
        time.sleep(_POLL)
    process.terminate()
    raise SandboxError(
        f"the sandbox was not ready after {deadline:.0f} s; `sandbox logs` tells more:\n{tail(home)}"
    )


def down(home: Home, *, purge: bool = False) -> None:
    """End the daemon and whatever it started, also when the daemon itself was killed before."""
    daemon = _recorded(home)
    if daemon:
        if _alive(daemon):
            os.kill(daemon.pid, signal.SIGTERM)
            end = time.monotonic() + _GRACE
            while _alive(daemon) and time.monotonic() < end:
                time.sleep(_POLL)
        _sweep(daemon)
        home.daemon.unlink(missing_ok=True)
    if purge and home.root.exists():
        if not is_sandbox(home) and any(home.root.iterdir()):
            raise SandboxError(f"{home.root} is no sandbox's folder, and stays")
        if _locked(home):
            raise SandboxError(
                f"a sandbox is just starting in {home.root}: wait for it, then `sandbox down --purge`"
            )
        shutil.rmtree(home.root)


def announce(home: Home, control: int, runtime: int, token: str) -> Daemon:
    """Tell `up` that this process now serves."""
    process = psutil.Process()
    daemon = Daemon(process.pid, process.create_time(), os.environ[INCARNATION], control, runtime, token)
    write(home.ports, msgspec.json.encode(Ports(control, runtime)))
    write(home.daemon, msgspec.json.encode(daemon))
    return daemon


def tail(home: Home, lines: int = 20) -> str:
    """The last lines of the log."""
    try:
        return "\n".join(home.log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log yet)"


def _recorded(home: Home) -> Daemon | None:
    return _read(home.daemon, Daemon)


def _read(path: Path, kind: type[Record]) -> Record | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise SandboxError(
            f"{path} is not what this version writes ({error}): end the process that it names, remove it, and type "
            "`sandbox up`"
        ) from None


def _alive(daemon: Daemon) -> bool:
    try:
        process = psutil.Process(daemon.pid)
        same = (
            abs(process.create_time() - daemon.started) < 1
        )  # which alone is too coarse: one starts in less
        return same and process.status() != psutil.STATUS_ZOMBIE and _carries(process, daemon)
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # nobody else's process is this one
        return False


def _carries(process: psutil.Process, daemon: Daemon) -> bool:
    """Whether a process has the daemon's incarnation: a recycled pid has none, or another."""
    return bool(process.environ().get(INCARNATION) == daemon.incarnation)


def _sweep(daemon: Daemon) -> None:
    """Kill what a daemon left behind."""
    survivors = list(_session(daemon))
    for process in survivors:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(survivors, timeout=5)


def _session(daemon: Daemon) -> Iterator[psutil.Process]:
    """Every process of the daemon's session that carries its incarnation."""
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == daemon.pid and _carries(process, daemon):
                yield process
        except (psutil.Error, ProcessLookupError, PermissionError):
            continue


def _locked(home: Home) -> bool:
    try:
        with home.lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
