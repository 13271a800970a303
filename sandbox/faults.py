"""Every fault that a test can ask for, by name: `POST /sandbox/faults` on the admin route, `GET` lists what is pending, `DELETE` clears it.

Faults of calls name a `service` (as requests to it are signed: "s3", "sagemaker", "monitoring"), an `action`, a
`caller` (the process that has AWS_SDK_UA_APP_ID=NAME in its environment) or several of them:

    {"kind": "delay", "action": "UpdateEndpoint", "seconds": 1.5}   waits, then runs
    {"kind": "hold", "action": "PutObject"}           is kept waiting, then runs once it is released (sandbox/holds.py)
    {"kind": "hold_answer", "action": "PutObject"}    runs, and is answered once it is released
    {"kind": "throttle", "service": "s3"}             does not run: ThrottlingException, S3's SlowDown, …
    {"kind": "error", "service": "application-autoscaling", "action": "RegisterScalableTarget",
     "code": "ConcurrentUpdateException"}             does not run: an error that AWS names for this action, or any action
    {"kind": "reset", "action": "GetObject"}          does not run, the connection is reset
    {"kind": "reset_upload", "action": "PutObject"}   does not run, the connection is reset amid the request's body
    {"kind": "stall", "action": "GetObject", "seconds": 4}   does not run, and is answered by nothing
    {"kind": "lost", "action": "PutObject"}           runs, then the connection ends without an answer
    {"kind": "stall_answer", "action": "PutObject", "seconds": 4}   runs, and is answered by nothing
    {"kind": "reset_download", "action": "GetObject"} runs, the connection is reset amid the answer's body
    {"kind": "refuse_connections", "service": "s3", "seconds": 1}   runs and is answered, then nobody can connect: refused
    {"kind": "drop_connections", "service": "s3", "seconds": 1}     the same: connecting times out
    {"kind": "unseen", "action": "CreateModel", "seconds": 5}       runs, but what it made cannot be found at first
                                                                    (CreateModel and CreateEndpointConfig)

Faults of hosting name an `endpoint`:

    fail_update         the next UpdateEndpoint is rolled back silently
    rollback_failed     … ends in UpdateRollbackFailed, and serves a mix of both configurations
    revert_weights      the next UpdateEndpointWeightsAndCapacities is taken back by the server
    no_capacity         the next change that needs more instances is taken back: InsufficientInstanceCapacity
    stale               `seconds`: DescribeEndpoint tells what was, after the next change was accepted
    capture_gap         `seconds`: what is captured from its next lines on is lost
    retain_current, retain_desired, desired_reverted, desired_stays, retain_capture, replace_capture,
    reason_cleared_first, reason_cleared_last
                        the answer to the next question that AWS leaves open (sandbox/hosting/open_questions.py)

One fault is of an account, and stands until it is cleared:

    {"kind": "quota", "instance_type": "ml.m5.large", "instances": 2}   ResourceLimitExceeded beyond it

Each may name an `account`. It hits `count` times (1); `skip` lets so many pass first; with `probability` each of those
that it would hit is hit by chance, from `seed`: the same order of calls gives the same hits.
"""

import random
import sys
import threading
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import msgspec

Scope = Literal["call", "endpoint", "account"]


class _Rule(NamedTuple):
    scope: Scope
    needs: tuple[str, ...] = ()  # fields that it has beside those that say what it hits


KINDS: dict[str, _Rule] = {
    "delay": _Rule("call", ("seconds",)),
    "hold": _Rule("call"),
    "hold_answer": _Rule("call"),
    "throttle": _Rule("call"),
    "error": _Rule("call", ("code",)),
    "reset": _Rule("call"),
    "reset_upload": _Rule("call"),
    "stall": _Rule("call", ("seconds",)),
    "lost": _Rule("call"),
    "stall_answer": _Rule("call", ("seconds",)),
    "reset_download": _Rule("call"),
    "refuse_connections": _Rule("call", ("seconds",)),
    "drop_connections": _Rule("call", ("seconds",)),
    "unseen": _Rule("call", ("seconds",)),
    "fail_update": _Rule("endpoint"),
    "rollback_failed": _Rule("endpoint"),
    "revert_weights": _Rule("endpoint"),
    "no_capacity": _Rule("endpoint"),
    "stale": _Rule("endpoint", ("seconds",)),
    "retain_current": _Rule("endpoint"),
    "retain_desired": _Rule("endpoint"),
    "desired_reverted": _Rule("endpoint"),
    "desired_stays": _Rule("endpoint"),
    "capture_gap": _Rule("endpoint", ("seconds",)),
    "retain_capture": _Rule("endpoint"),
    "replace_capture": _Rule("endpoint"),
    "reason_cleared_first": _Rule("endpoint"),
    "reason_cleared_last": _Rule("endpoint"),
    "quota": _Rule("account", ("instance_type", "instances")),
}
_NAMES: dict[Scope, tuple[str, ...]] = {
    "call": ("service", "action", "caller"),
    "endpoint": ("endpoint",),
    "account": (),
}
_NAMED = frozenset(name for names in _NAMES.values() for name in names)
_EXTRA = frozenset(need for rule in KINDS.values() for need in rule.needs)
_LEFT_OUT: dict[str, object] = {"seconds": 0.0, "instances": None}  # the others are texts
_LINUX = {"refuse_connections", "drop_connections"}
_SEEABLE = {"CreateModel", "CreateEndpointConfig"}


class Occasion(NamedTuple):
    """What a fault may hit: a call, or a change of an endpoint."""

    account: str
    service: str = ""
    action: str = ""
    caller: str = ""
    endpoint: str = ""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    kind: str
    service: str = ""  # the name that requests are signed with
    action: str = ""
    caller: str = ""  # the caller's name for itself
    endpoint: str = ""
    account: str = ""  # an account id; any when empty
    seconds: float = 0.0
    code: str = ""
    instance_type: str = ""
    instances: int | None = None
    skip: int = 0
    count: int = 1
    probability: float = 1.0
    seed: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no fault; there are {', '.join(KINDS)}")
        if self.kind in _LINUX and sys.platform != "linux":
            raise ValueError(f"{self.kind}: connections can be refused or dropped on Linux only")
        rule = KINDS[self.kind]
        names = _NAMES[rule.scope]
        given = {name for name in _NAMED | _EXTRA if getattr(self, name) != _LEFT_OUT.get(name, "")}
        if names and not given.intersection(names):
            raise ValueError(f"a {self.kind} fault names {' or '.join(f'`{name}`' for name in names)}")
        if missing := [name for name in rule.needs if name not in given]:
            raise ValueError(f"a {self.kind} fault needs `{missing[0]}`")
        if wrong := sorted(given.difference(names, rule.needs)):
            raise ValueError(f"a {self.kind} fault has no `{wrong[0]}`")
        if self.kind == "unseen" and self.action not in _SEEABLE:
            raise ValueError(f"an unseen fault names one action of {', '.join(sorted(_SEEABLE))}")
        if self.seconds < 0 or (self.instances or 0) < 0 or self.skip < 0 or self.count < 1:
            raise ValueError("`seconds`, `instances` and `skip` are 0 or more, `count` is 1 or more")
        if rule.scope == "account" and (self.skip, self.count, self.probability) != (0, 1, 1.0):
            raise ValueError(
                f"a {self.kind} fault stands until it is cleared: no `skip`, `count` or `probability`"
            )
        if not 0 < self.probability <= 1:
            raise ValueError("`probability` is above 0 and at most 1")

    def hits(self, kind: str, occasion: Occasion) -> bool:
        """Whether it is meant for this."""
        return (
            (self.kind, self.endpoint) == (kind, occasion.endpoint)
            and self.account in {"", occasion.account}
            and self.service in {"", occasion.service}
            and self.action in {"", occasion.action}
            and self.caller in {"", occasion.caller}
        )


@dataclass(eq=False)  # two of one content are two
class _Pending:
    fault: Fault
    chance: random.Random = field(repr=False)


class Faults:
    """The pending faults; each is used up by what it hits."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._pending.append(_Pending(fault, random.Random(fault.seed)))  # noqa: S311 - chance, no secret

    def clear(self, caller: str = "") -> None:
        """Forget those of one caller, or all."""
        with self._lock:
            self._pending = [each for each in self._pending if caller not in {"", each.fault.caller}]

    def pending(self) -> list[Fault]:
        with self._lock:
            return [each.fault for each in self._pending]

    def of_call(self, call: Occasion, *kinds: str) -> dict[str, Fault]:
        """Take one turn of every fault of these kinds that hits this call, by kind."""
        return {kind: fault for kind in kinds if (fault := self._take(kind, call))}

    def of_endpoint(self, kind: str, account: str, endpoint: str) -> Fault | None:
        """Take one turn of a fault of hosting; none when none is pending."""
        return self._take(kind, Occasion(account, endpoint=endpoint))

    def quota(self, account: str, instance_type: str) -> int | None:
        """How many instances of a type an account may have; none when nothing limits it. The latest said counts."""
        for fault in reversed(self.pending()):
            if (fault.kind, fault.instance_type) == ("quota", instance_type) and fault.account in {
                "",
                account,
            }:
                return fault.instances
        return None

    def _take(self, kind: str, occasion: Occasion) -> Fault | None:
        with self._lock:
            for each in self._pending:
                fault = each.fault
                if not fault.hits(kind, occasion):
                    continue
                if fault.skip:
                    each.fault = msgspec.structs.replace(fault, skip=fault.skip - 1)
                    continue
                if each.chance.random() >= fault.probability:
                    continue
                if fault.count > 1:
                    each.fault = msgspec.structs.replace(fault, count=fault.count - 1)
                else:
                    self._pending.remove(each)
                return fault
        return None
