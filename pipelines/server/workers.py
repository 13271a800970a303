"""Several processes on one port: each is one core, and one that dies is started again."""

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

PAUSE_SECONDS = 1.0  # before a worker that died is started again

_STOP = (signal.SIGTERM, signal.SIGINT)
_FAILED = 1  # exit status
_log = logging.getLogger("pipelines.server")


def supervise(count: int, work: Callable[[], int]) -> int:
    """Run `work` in `count` child processes until SIGTERM or SIGINT, which they get too; returns the exit status.

    Args:
        count: of processes.
        work: what a child does, and its exit status.
    """
    children: set[int] = set()
    stopping = False

    def stop(sig: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for child in children:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(child, sig)

    def start() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)  # a child is known before it may be told
        if not stopping:  # who was told before has told those that there were
            child = os.fork()
            if not child:
                _work(work)
            children.add(child)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)

    for sig in _STOP:
        signal.signal(sig, stop)
    for _ in range(count):
        start()
    while children:
        child, status = os.wait()
        children.discard(child)
        if not stopping:
            _log.error("worker %d ended: %s", child, _how(status))
            time.sleep(PAUSE_SECONDS)
        start()
    return 0


def _work(work: Callable[[], int]) -> NoReturn:
    """A child's whole life: it never returns into what its parent has under way, which is to clean up for all."""
    status = _FAILED
    try:
        for sig in _STOP:
            signal.signal(sig, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)
        status = work()
    except BaseException:  # noqa: BLE001 the parent starts another
        _log.exception("worker %d failed", os.getpid())
    finally:
        os._exit(status)


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return signal.Signals(-code).name if code < 0 else f"status {code}"
