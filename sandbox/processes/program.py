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
class Program:
    """One program to start.

    Attributes:
        argv: the program, found on the PATH of `environment`, and its arguments.
        environment: the whole of it: nothing is inherited.
        folder: its working folder.
        log: the file that its output and errors are appended to.
        network: what it can reach.
        door: with `loopback`, where it shall be reachable from outside: a path for a Unix socket in an existing folder.
        limits: what it may use.
    """

    argv: tuple[str, ...]
    environment: dict[str, str] = field(repr=False)  # may hold credentials
    folder: Path
    log: Path
    network: Network = "open"
    door: Path | None = None
    limits: Limits = Limits()
