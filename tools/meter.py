"""CPU and memory of a command with everything it starts: an engine's plugins and language host are its grandchildren, and some outlive it.

A small process of its own runs the command. On Linux it takes orphans over from init (PR_SET_CHILD_SUBREAPER), so that whatever descends
from the command is waited for and counted, and nothing else is. The kernel counts for a program's memory what the process held that
started it (`ru_maxrss` begins there, and is not reset by exec), so that this must be small: some 15 MiB, below which nothing is told apart.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_SET_CHILD_SUBREAPER = 36
_OUTLIVE = 30.0  # seconds that a descendant may outlive its command
_TIME = 300.0  # seconds for a whole command
_OF_A_MEBIBYTE = 2**20 if sys.platform == "darwin" else 2**10  # in the unit of ru_maxrss


class MeterError(Exception):
    """A measured command failed, or left processes behind."""


class Used(NamedTuple):
    """What a command took.

    Attributes:
        seconds: of CPU, user and system, of the command and all that descends from it.
        mebibytes: the most that any one of these processes held.
        output: what it wrote to stdout.
    """

    seconds: float
    mebibytes: float
    output: str


def used(
    command: Sequence[str],
    environ: Mapping[str, str],
    folder: Path,
    *,
    allowed: Collection[int] = (0,),
    limit: float = _TIME,
) -> Used:
    """What `command` takes, run in `folder`.

    Args:
        command: to be run.
        environ: its environment.
        folder: it is run there.
        allowed: statuses that it may end with.
        limit: seconds that it may take.

    Raises:
        MeterError: it ended with another status, took longer, or something that it started does not end.
    """
    shown = " ".join(command)
    try:
        done = subprocess.run(
            [sys.executable, "-IS", __file__, *command],
            cwd=folder, env=environ, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=limit,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise MeterError(f"`{shown}` took longer than {limit:.0f} s") from error
    if done.returncode:
        raise MeterError(f"`{shown}` could not be measured:\n{_end(done.stderr)}")
    told = json.loads(done.stdout)
    if (status := told.pop("status")) not in allowed:
        raise MeterError(f"`{shown}` ended with status {status}:\n{_end(told['output'] + done.stderr)}")
    return Used(**told)


def cpu(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> float:
    """Seconds of CPU. Raises as `used` does."""
    return used(command, environ, folder).seconds


def _end(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-10:])


def _meter(command: Sequence[str]) -> int:
    """Run it, what it shows on stderr; prints what it took as JSON and returns 0, or 1 when something it started did not end."""
    _take_over_orphans()
    # A file: a pipe would be read until the last of those that have it has ended, whatever they do.
    with tempfile.TemporaryFile() as output:
        status = subprocess.run(command, check=False, stdout=output, stdin=subprocess.DEVNULL).returncode
        end = time.monotonic() + _OUTLIVE
        while _children_left():
            if time.monotonic() > end:
                print(f"something it started did not end within {_OUTLIVE:.0f} s", file=sys.stderr)
                return 1
            time.sleep(0.02)
        output.seek(0)
        text = output.read().decode(errors="replace")
    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = Used(taken.ru_utime + taken.ru_stime, taken.ru_maxrss / _OF_A_MEBIBYTE, text)
    print(json.dumps({"status": status, **told._asdict()}))
    return 0


def _take_over_orphans() -> None:
    """Elsewhere than on Linux nobody can: who outlives its command is not counted."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this kernel knows no child subreaper")


def _children_left() -> bool:
    """Reap who has ended; whether anybody is still there."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(_meter(sys.argv[1:]))
