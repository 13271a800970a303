"""CPU of a command with everything it starts: an engine's plugins and language host are its grandchildren, and some outlive it.

A small process of its own takes orphans over from init (PR_SET_CHILD_SUBREAPER, Linux), so that whatever descends from
the command is waited for and counted, and nothing else is.
"""

import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_SET_CHILD_SUBREAPER = 36
_OUTLIVE = 30.0  # seconds that a descendant may outlive its command
_TIME = 300.0  # seconds for a whole command


class MeterError(Exception):
    """A measured command failed, or left processes behind."""


def cpu(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> float:
    """Seconds of CPU, user and system, of `command` and all that descends from it.

    Raises:
        MeterError: it failed, or something that it started does not end.
    """
    done = subprocess.run(
        [sys.executable, "-IS", __file__, *command],
        cwd=folder, env=environ, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=_TIME,
    )  # fmt: skip
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-10:])
        raise MeterError(f"`{' '.join(command)}` failed:\n{last}")
    return float(json.loads(done.stdout))


def interleaved(
    ours: Callable[[], float], plain: Callable[[], float], pairs: int
) -> tuple[float, float, float]:
    """Medians of both over `pairs` turns, one after the other so that a busy machine slows both, and of their ratio."""
    turns = [(plain(), ours()) for _ in range(pairs)]
    return (
        statistics.median(own for _, own in turns),
        statistics.median(other for other, _ in turns),
        statistics.median(own / other for other, own in turns),
    )


def _meter(command: Sequence[str]) -> int:
    """Run it, its output on stderr; prints the seconds on stdout and returns its exit status."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this kernel knows no child subreaper")
    status = subprocess.run(command, check=False, stdout=sys.stderr, stdin=subprocess.DEVNULL).returncode
    end = time.monotonic() + _OUTLIVE
    while _children_left():
        if time.monotonic() > end:
            print(f"something it started did not end within {_OUTLIVE:.0f} s", file=sys.stderr)
            return 1
        time.sleep(0.02)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps(used.ru_utime + used.ru_stime))
    return status


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
