"""Faults that a test asks for, on the loopback admin route `POST /sandbox/faults`.

    {"kind": "delay", "action": "UpdateEndpoint", "seconds": 1.5, "count": 2}   the next calls wait, then run
    {"kind": "lost", "action": "PutObject"}                 runs, then the connection drops without an answer
    {"kind": "throttle", "action": "DescribeEndpoint"}      400 ThrottlingException, does not run
    {"kind": "hold", "action": "PutObject"}                 is kept waiting, then runs once it is released (sandbox/holds.py)
    {"kind": "hold_answer", "action": "PutObject"}          runs, and is answered once it is released
    {"kind": "fail_update", "endpoint": "flights-prod"}     the next UpdateEndpoint rolls back silently
    {"kind": "rollback_failed", "endpoint": "flights-prod"} … and ends in UpdateRollbackFailed
    {"kind": "revert_weights", "endpoint": "flights-prod"}  the next weights call is reverted by the server

`account` narrows any of them to one account. A fault of calls may name a `caller` as well, or instead of an action: the
process that has AWS_SDK_UA_APP_ID=NAME in its environment; `skip` lets so many calls that it would hit pass first. `GET /sandbox/faults` lists what is still pending, `DELETE` clears it.
"""

import threading
from typing import Literal

import msgspec

Kind = Literal[
    "delay", "lost", "throttle", "hold", "hold_answer", "fail_update", "rollback_failed", "revert_weights"
]
_OF_CALLS = {"delay", "lost", "throttle", "hold", "hold_answer"}


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    kind: Kind
    action: str = ""  # an AWS action, for faults of calls; any when empty
    caller: str = ""  # the caller's name for itself, for faults of calls; any when empty
    endpoint: str = ""  # an endpoint's name, for faults of hosting
    account: str = ""  # an account id; any when empty
    seconds: float = 0.0
    skip: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        named = bool(self.action or self.caller), bool(self.endpoint)
        if self.kind in _OF_CALLS and named != (True, False):
            raise ValueError(f"a {self.kind} fault names `action`, `caller` or both, and not `endpoint`")
        if self.kind not in _OF_CALLS and named != (False, True):
            raise ValueError(f"a {self.kind} fault names `endpoint`, and neither `action` nor `caller`")
        if (self.kind == "delay") != (self.seconds > 0):
            raise ValueError("`seconds` is above 0 for a delay and left out for every other kind")
        if self.count < 1 or self.skip < 0:
            raise ValueError("`count` is 1 or more, `skip` 0 or more")

    def hits(self, kind: str, account: str, action: str, caller: str, endpoint: str) -> bool:
        """Whether it is meant for such a call or such an endpoint."""
        return (
            (self.kind, self.endpoint) == (kind, endpoint)
            and self.account in {"", account}
            and self.action in {"", action}
            and self.caller in {"", caller}
        )


class Faults:
    """The pending faults; each is used up by the calls that it hits."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._pending.append(fault)

    def clear(self, caller: str = "") -> None:
        """Forget those of one caller, or all."""
        with self._lock:
            self._pending = [fault for fault in self._pending if caller not in {"", fault.caller}]

    def pending(self) -> list[Fault]:
        with self._lock:
            return list(self._pending)

    def of_call(self, account: str, action: str, caller: str) -> list[Fault]:
        """Take one turn of every fault that hits this call."""
        return [f for kind in sorted(_OF_CALLS) if (f := self._take(kind, account, action, caller))]

    def of_endpoint(self, kind: Kind, account: str, endpoint: str) -> bool:
        """Take one turn of a hosting fault; false when none is pending."""
        return self._take(kind, account, endpoint=endpoint) is not None

    def _take(
        self, kind: str, account: str, action: str = "", caller: str = "", endpoint: str = ""
    ) -> Fault | None:
        with self._lock:
            for index, fault in enumerate(self._pending):
                if not fault.hits(kind, account, action, caller, endpoint):
                    continue
                if fault.skip:
                    self._pending[index] = msgspec.structs.replace(fault, skip=fault.skip - 1)
                    continue
                if fault.count > 1:
                    self._pending[index] = msgspec.structs.replace(fault, count=fault.count - 1)
                else:
                    del self._pending[index]
                return fault
        return None
