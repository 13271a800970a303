"""Calls that a test keeps waiting, so that it can do something else at exactly that point of a process's work.

`GET /sandbox/held` lists them, with `?wait=SECONDS` as soon as there is one; `POST /sandbox/release` lets them go on, `DELETE /sandbox/faults` cuts their connections:
of a `hold` the call then never was, of a `hold_answer` nobody learns what became of it. `?caller=NAME` narrows all three.
"""

import threading
import time

import msgspec

_LONGEST = 120.0  # seconds; a test that forgot one must not keep the process that waits


class Held(msgspec.Struct, frozen=True):
    account: str
    service: str
    action: str
    caller: str
    ran: bool  # carried out already, and only the answer waits


class Holds:
    """Every call that waits."""

    def __init__(self) -> None:
        self._waiting: dict[object, Held] = {}
        self._released: dict[object, bool] = {}
        self._changed = threading.Condition()

    def keep(self, held: Held) -> bool:
        """Return when it is let go; false when its connection is to be cut."""
        ticket, end = object(), time.monotonic() + _LONGEST
        with self._changed:
            self._waiting[ticket] = held
            self._changed.notify_all()
            self._changed.wait_for(lambda: ticket in self._released, end - time.monotonic())
            self._waiting.pop(ticket, None)
            return self._released.pop(ticket, False)

    def held(self, caller: str = "", wait: float = 0.0) -> list[Held]:
        """Those of one caller, or all; none after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._of(caller), min(wait, _LONGEST))
            return [self._waiting[ticket] for ticket in self._of(caller)]

    def let_go(self, caller: str = "", *, on: bool) -> None:
        """Let those of one caller, or all, go on, or cut them."""
        with self._changed:
            for ticket in self._of(caller):
                del self._waiting[ticket]
                self._released[ticket] = on
            self._changed.notify_all()

    def _of(self, caller: str) -> list[object]:
        return [ticket for ticket, held in self._waiting.items() if caller in {"", held.caller}]
