"""SIGKILL of a process at one AWS call of its own."""

from typing import NamedTuple

from tests.faults.delivery import DEADLINE


class Point(NamedTuple):
    """The `nth` call (from 0) of `action`; `ran` when AWS has carried it out and only its answer is still to come."""

    action: str
    nth: int
    ran: bool

    def __str__(self):
        return f"{self.action}-{self.nth}-{'answer' if self.ran else 'call'}"


def every(calls, *, ran=True):
    """A point for each of the calls and, with `ran`, one for each answer, from `{action: how often}`."""
    return [
        Point(action, nth, done)
        for action, times in calls.items()
        for nth in range(times)
        for done in ((False, True) if ran else (False,))
    ]


def hold(sandbox, caller, point):
    """Have a process that calls itself `caller` stopped at a point, when it gets there."""
    kind = "hold_answer" if point.ran else "hold"
    sandbox.fault(kind=kind, caller=caller, action=point.action, skip=point.nth)


def killed(sandbox, caller, point, start):
    """Start a process, and kill it at a point of its work; a call that was on its way is never carried out."""
    hold(sandbox, caller, point)
    process = start(caller)
    if sandbox.held(caller) is None:
        process.kill()
        raise AssertionError(f"it never made call {point}: {process.communicate(timeout=DEADLINE)}")
    process.kill()
    process.communicate(timeout=DEADLINE)
    sandbox.clear_faults(caller)
