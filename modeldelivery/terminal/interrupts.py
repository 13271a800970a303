"""The signals that ask a program to end: each of them interrupts it as Ctrl-C does, so that it ends in order."""

import signal
import time
from types import FrameType

# Ctrl-C; what a CI's runner and a container's engine send; a terminal that hangs up.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TOGETHER = 1.0  # seconds within which several signals are one request: a terminal, a shell and a runner each send one


class _Watch:
    """Raises KeyboardInterrupt once a request, where it is held once it is released."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self._last = float("-inf")
        self._held = self._came = False

    def __call__(self, _: int, __: FrameType | None) -> None:
        now = time.monotonic()
        previous, self._last = self._last, now
        if now - previous < TOGETHER:
            return
        if not self._held:
            raise KeyboardInterrupt
        self._came = True

    def hold(self) -> None:
        self._held = True

    def release(self) -> None:
        self._held = False
        came, self._came = self._came, False
        if came:
            raise KeyboardInterrupt


_watching = _Watch()


def watch() -> None:
    """From now on each of them raises KeyboardInterrupt in the main thread; what is ignored (nohup, a job of a script) stays so."""
    _watching.begin()
    for each in ENDING:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, _watching)


def hold() -> None:
    """Until `release` none of them raises: what is begun now would be nobody's."""
    _watching.hold()


def release() -> None:
    """From now on they raise again. Raises KeyboardInterrupt where one came meanwhile."""
    _watching.release()


def ignore() -> None:
    """The program is at its end: what it still says and its status are not interrupted."""
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)
