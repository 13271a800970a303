"""How a program ended, in a sentence."""

import errno
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from sandbox.processes.program import Limits

_MEBIBYTE = 1 << 20
_TAIL = 4096  # bytes of a log that its last line is looked for in


@dataclass(frozen=True)
class Outcome:
    """The end of one program.

    Attributes:
        status: what it exited with; the negative number of the signal that ended it.
        limit: the limit that ended it, in words; None when none did.
        last_line: the last of its log.
    """

    status: int
    limit: str | None
    last_line: str

    def __str__(self) -> str:
        if self.limit:
            return f"its process {self.limit}"
        if self.status < 0:
            return f"its process was ended by {_signal(-self.status)}: {self.last_line}"
        return f"its process ended with status {self.status}: {self.last_line}"


def outcome(status: int, limit: str | None, limits: Limits, log: Path) -> Outcome:
    """Put together what the watch, the kernel and the log say."""
    last_line = _last_line(log)
    if limit is None and status == -signal.SIGXCPU:
        limit = f"used the {limits.cpu_seconds} s of processor time that it may use"
    if limit is None and status and limits.open_files and os.strerror(errno.EMFILE) in last_line:
        limit = f"had all {limits.open_files} files open that it may have open: {last_line}"
    return Outcome(status, limit, last_line)


def too_much_memory(used: int, allowed: int) -> str:
    return f"used {used // _MEBIBYTE} MiB of memory, and {allowed // _MEBIBYTE} MiB are allowed"


def too_many_processes(counted: int, allowed: int) -> str:
    return f"became {counted} processes, and {allowed} are allowed"


def too_long(seconds: float) -> str:
    return f"did not end within its {seconds:g} s"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal has no name
        return f"signal {number}"


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL))
            lines = file.read().decode(errors="replace").strip().splitlines()
    except FileNotFoundError:
        lines = []
    return lines[-1] if lines else "it printed nothing"
