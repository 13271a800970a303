"""The signals that ask a program to end: each of them interrupts it as Ctrl-C does, so that it ends in order."""

import signal
import time
from types import FrameType

# Ctrl-C; what a CI's runner and a container's engine send; a terminal that hangs up.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TOGETHER = 1.0  # seconds within which several signals are one request: a terminal, a shell and a runner each send one


class _Watch:
    """Raises KeyboardInterrupt once a request."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def __call__(self, _: int, __: FrameType | None) -> None:
        now = time.monotonic()
        previous, self._last = self._last, now
        if now - previous >= TOGETHER:
            raise KeyboardInterrupt


def watch() -> None:
    """From now on each of them raises KeyboardInterrupt in the main thread; what is ignored (nohup, a job of a script) stays so."""
    watching = _Watch()
    for each in ENDING:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, watching)


def ignore() -> None:
    """The program is at its end: what it still says and its status are not interrupted."""
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)
