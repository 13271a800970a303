"""Run a program that dies with its parent: `python -IS leash.py PARENT_PID PROGRAM ARGS…` (it execs, so costs nothing).

A model server that outlived a killed sandbox would keep its port and its memory. Linux only: elsewhere
`sandbox down` still finds every process by its session.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1

if sys.platform == "linux":
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):  # it died before the leash was on
        sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is wanted
