"""Every AWS call made, in order: tests and benchmarks count by it, and what roles need is read from it (tools/roles)."""

import threading
import time
from collections.abc import Sequence

import msgspec

_KEPT = 20_000


class Permission(msgspec.Struct, frozen=True):
    """One permission that a call needed, with the condition keys as they were; `sandbox.iam.core.access.Context`."""

    action: str
    resource: str
    keys: dict[str, str | tuple[str, ...] | None] = {}
    families: tuple[str, ...] = ()


class Made(msgspec.Struct, frozen=True):
    n: int  # 1, 2, … over the sandbox's life
    account: str
    service: str
    action: str
    caller: str  # what the caller calls itself, "" when it does not say
    time: float  # seconds since the epoch, on arrival
    role: str = ""  # ARN of the role whose session called, "" of a user
    needs: tuple[Permission, ...] = ()
    denied: bool = False  # for want of a permission
    request: str = ""  # its id, as the caller is told and as CloudTrail has it


class Calls:
    """The record; the oldest are forgotten so that a sandbox may run for weeks."""

    def __init__(self) -> None:
        self._made: dict[int, Made] = {}
        self._n = 0
        self._lock = threading.Lock()

    def record(self, account: str, service: str, action: str, caller: str) -> int:
        """Write a call down on arrival; its number."""
        with self._lock:
            self._n += 1
            self._made[self._n] = Made(self._n, account, service, action, caller, time.time())
            self._made.pop(self._n - _KEPT, None)
            return self._n

    def judge(self, n: int, role: str, needs: Sequence[Permission]) -> None:
        """Add to the `n`-th who made it and what that takes."""
        self._replace(n, role=role, needs=tuple(needs))

    def deny(self, n: int) -> None:
        """Add to the `n`-th that its caller may not make it."""
        self._replace(n, denied=True)

    def identify(self, n: int, request: str) -> None:
        """Add to the `n`-th by which id its caller knows it."""
        self._replace(n, request=request)

    def since(self, n: int) -> list[Made]:
        """Those after the `n`-th."""
        with self._lock:
            return [made for number, made in self._made.items() if number > n]

    def _replace(self, n: int, **changed: object) -> None:
        with self._lock:
            if n in self._made:
                self._made[n] = msgspec.structs.replace(self._made[n], **changed)
