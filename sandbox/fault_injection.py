"""What faults do to a call: before it runs, instead of it, and to its answer."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import msgspec

from sandbox.call import Call
from sandbox.fault_codes import status_of, throttled
from sandbox.faults import Fault, Faults, Occasion
from sandbox.holds import Held, Holds
from sandbox.listener import Away
from sandbox.refusal import Answer, RefusedError

_TAKEN = (
    "delay",
    "hold",
    "hold_answer",
    "throttle",
    "error",
    "reset",
    "stall",
    "lost",
    "stall_answer",
    "reset_download",
    "refuse_connections",
    "drop_connections",
    "unseen",
)
_AWAY: dict[str, Away] = {"refuse_connections": "refused", "drop_connections": "silent"}

# `closed`: without an answer. `half`: reset amid the answer's body.
End = Literal["whole", "half", "closed", "reset"]


@dataclass(frozen=True)
class Delivery:
    """What the caller gets.

    Attributes:
        answer: of the service, or in its name.
        end: how much of it is sent before the connection ends.
        away: how nobody can connect from then on, and for how many seconds.
    """

    answer: Answer
    end: End = "whole"
    away: tuple[Away, float] | None = None


_NOTHING = Answer(500)


class FaultInjection:
    """The faults of calls at work.

    Args:
        faults: what is pending.
        holds: the calls that wait.
        models: botocore's name of each service, by the name that requests are signed with.
        hide: makes what has an ARN in an account unseen for some seconds.
    """

    def __init__(
        self, faults: Faults, holds: Holds, models: Mapping[str, str], hide: Callable[[str, str, float], None]
    ) -> None:
        self._faults = faults
        self._holds = holds
        self._models = models
        self._hide = hide

    def cuts_upload(self, head: Callable[[], Occasion]) -> bool:
        """Whether the connection is to be reset amid the request's body; `head` says what its first lines tell."""
        pending = any(fault.kind == "reset_upload" for fault in self._faults.pending())
        return pending and bool(self._faults.of_call(head(), "reset_upload"))

    def deliver(self, call: Call, occasion: Occasion, run: Callable[[], Answer]) -> Delivery:
        """Carry a call out by `run`, unless a fault is in the way."""
        faults = self._faults.of_call(occasion, *_TAKEN)
        held = Held(occasion.account, call.service, call.action, occasion.caller, ran=False)
        if "hold" in faults and not self._holds.keep(held):
            return Delivery(_NOTHING, "closed")
        if "delay" in faults:
            time.sleep(faults["delay"].seconds)
        if instead := self._instead(call, faults):
            return instead
        answer = run()
        if "unseen" in faults:
            self._unseen(occasion.account, answer, faults["unseen"].seconds)
        if "hold_answer" in faults and not self._holds.keep(msgspec.structs.replace(held, ran=True)):
            return Delivery(answer, "closed")
        return _delivered(answer, faults)

    def _instead(self, call: Call, faults: dict[str, Fault]) -> Delivery | None:
        """What comes of a call that does not run."""
        if "throttle" in faults:
            code, message, status = throttled(call)
            return Delivery(RefusedError(message, code, status).answer(call))
        if "error" in faults:
            code = faults["error"].code
            refused = RefusedError("a fault was asked for", code, status_of(call, code, self._models))
            return Delivery(refused.answer(call))
        if "reset" in faults:
            return Delivery(_NOTHING, "reset")
        if "stall" in faults:
            time.sleep(faults["stall"].seconds)
            return Delivery(_NOTHING, "closed")
        return None

    def _unseen(self, account: str, answer: Answer, seconds: float) -> None:
        if answer.status == HTTPStatus.OK:
            (arn,) = json.loads(answer.body).values()
            self._hide(account, arn, seconds)


def _delivered(answer: Answer, faults: dict[str, Fault]) -> Delivery:
    """What comes of an answer."""
    if "stall_answer" in faults:
        time.sleep(faults["stall_answer"].seconds)
        return Delivery(answer, "closed")
    if "lost" in faults:
        return Delivery(answer, "closed")
    if "reset_download" in faults:
        return Delivery(answer, "half")
    for kind, away in _AWAY.items():
        if kind in faults:
            return Delivery(answer, away=(away, faults[kind].seconds))
    return Delivery(answer)
