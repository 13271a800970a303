"""The new process's own part of a server's start: `python -IS handover.py PARENT SOCKET PROGRAM ARGUMENTS…`.

It ends with its parent, and gets the listening socket SOCKET (-1 for none) as systemd hands one over: as file 3, with
LISTEN_PID its own pid. Only the standard library is at hand.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_FIRST = 3  # https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html


def main() -> None:
    parent, handle, *argv = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before this took effect
        sys.exit(1)
    if handle >= 0:
        os.dup2(handle, _FIRST, inheritable=True)
        os.environ["LISTEN_PID"] = str(os.getpid())
    os.execvp(argv[0], argv)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
