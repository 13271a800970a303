"""Every AWS call made, in order: tests and benchmarks count by it."""

import threading
import time
from collections import deque

import msgspec

_KEPT = 20_000


class Made(msgspec.Struct, frozen=True):
    n: int  # 1, 2, … over the sandbox's life
    account: str
    service: str
    action: str
    caller: str  # what the caller calls itself, "" when it does not say
    time: float  # seconds since the epoch, on arrival


class Calls:
    """The record; the oldest are forgotten so that a sandbox may run for weeks."""

    def __init__(self) -> None:
        self._made: deque[Made] = deque(maxlen=_KEPT)
        self._n = 0
        self._lock = threading.Lock()

    def record(self, account: str, service: str, action: str, caller: str) -> None:
        with self._lock:
            self._n += 1
            self._made.append(Made(self._n, account, service, action, caller, time.time()))

    def since(self, n: int) -> list[Made]:
        """Those after the `n`-th."""
        with self._lock:
            return [made for made in self._made if made.n > n]
