"""What is to run, and what it may use."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

# `open` is the machine's network. `loopback` is one of its own with nothing but a loopback interface in it, where the
# isolation of this machine allows that (sandbox/processes/isolation.py).
Network = Literal["open", "loopback"]


@dataclass(frozen=True)
class Limits:
    """What a program may use, with every process that it starts; None is no limit.

    Attributes:
        memory: bytes resident.
        cpu_seconds: processor time of any one of its processes; the kernel counts whole seconds.
        wall_seconds: time from its start.
        open_files: file descriptors of any one of its processes.
        processes: how many it may be, itself included.
    """

    memory: int | None = None
    cpu_seconds: int | None = None
    wall_seconds: float | None = None
    open_files: int | None = None
    processes: int | None = None


@dataclass(frozen=True)
class Files:
    """A file system of a program's own.

    Attributes:
        root: folder that is its `/`; it holds `proc` and `dev`, which are the machine's.
        mounts: folders of the machine, and where it sees them; the places exist in `root`.
        user: ids that it runs as; None leaves them.
    """

    root: Path
    mounts: tuple[tuple[Path, str], ...] = ()
    user: tuple[int, int] | None = None


@dataclass(frozen=True)
class Program:
    """One program to start.

    Attributes:
        argv: the program, found on the PATH of `environment`, and its arguments.
        environment: the whole of it: nothing is inherited.
        folder: its working folder, as it sees it.
        log: the file that its output and errors are appended to.
        network: what it can reach.
        door: with `loopback`, where it shall be reachable from outside: a path for a Unix socket in an existing folder.
        limits: what it may use.
        files: a file system of its own; None for the machine's.
    """

    argv: tuple[str, ...]
    environment: dict[str, str] = field(repr=False)  # may hold credentials
    folder: Path
    log: Path
    network: Network = "open"
    door: Path | None = None
    limits: Limits = Limits()
    files: Files | None = None
