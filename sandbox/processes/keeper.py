"""Ends what a dead sandbox left: `python -IS keeper.py LIFE_FD SESSION MARK`, one beside each sandbox.

The kernel ends a program with its parent (sandbox.processes.launch), but not what the program itself started. LIFE_FD
is a pipe that only the sandbox holds open, so its end is the sandbox's end, however it came. Everything in SESSION is
killed then (-1 when the sandbox has none of its own), and whatever carries MARK, an entry of its environment. A byte
before the end says that the sandbox has stopped its programs itself: only what got away from it is left then.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator

_PROC = "/proc"
_NONE = -1  # no session
_PASSES, _PAUSE = 50, 0.02  # a process that forks while it is looked for is found by a later pass; seconds


def main() -> None:
    life, session, mark = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the sandbox's end is the only one
    spared = {os.getpid()}
    if os.read(life, 1):
        spared.add(os.getppid())
        session = _NONE
    for _ in range(_PASSES):
        left = [pid for pid in _processes() if pid not in spared and _ours(pid, session, mark)]
        if not left:
            break
        for pid in left:
            _kill(pid)
        time.sleep(_PAUSE)


def _processes() -> Iterator[int]:
    """Every process of the machine."""
    if os.path.isdir(_PROC):  # noqa: PTH112 - pathlib costs memory for as long as the sandbox runs
        names = os.listdir(_PROC)  # noqa: PTH208 - as above
    else:
        import subprocess  # noqa: PLC0415 - as above

        command = ["ps", "-A", "-o", "pid="]
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return (int(name) for name in names if name.isdigit())


def _ours(pid: int, session: int, mark: bytes) -> bool:
    try:
        # No other's: a session is not numbered again while this process is in it.
        if os.getsid(pid) == session:
            return _state(pid) != "Z"
        with open(f"{_PROC}/{pid}/environ", "rb") as file:  # noqa: PTH123 - as above
            return mark in file.read().split(b"\0")
    except OSError:  # it ended, or it is another user's
        return False


def _state(pid: int) -> str:
    """The kernel's letter for what it does; nothing where the kernel does not tell."""
    try:
        with open(f"{_PROC}/{pid}/stat") as file:  # noqa: PTH123 - as above
            return file.read().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:  # it ended meanwhile
        return


if __name__ == "__main__":
    main()
