"""SIGKILL of a process at one call of its own."""

import random
import subprocess
import threading
from typing import NamedTuple

import psutil
import pytest

from tests.conftest import CHECKOUT
from tests.faults.delivery import DEADLINE, A, B, C

ORPHANS_END = 60.0  # seconds

# Many cases wait for deadlines at once; but those that work towards a point get the machine for themselves, since a
# client that waits long for an answer gives up and takes another way.
AT_WORK = threading.BoundedSemaphore(2)


class Point(NamedTuple):
    """The `nth` call (from 0) of `action`; `ran` when AWS has carried it out and only its answer is still to come."""

    action: str
    nth: int
    ran: bool

    def __str__(self):
        return f"{self.action}-{self.nth}-{'answer' if self.ran else 'call'}"


class TooSlowError(Exception):
    """The machine was so slow that a deadline passed on the way: the process took another way than the case is about."""


def every(calls, *, ran=True):
    """A point for each of the calls and, with `ran`, one for each answer, from `{action: how often}`."""
    return [
        Point(action, nth, done)
        for action, times in calls.items()
        for nth in range(times)
        for done in ((False, True) if ran else (False,))
    ]


def drawn(points, count):
    """Points of `make test` out of many: `count` of them, the same each time."""
    return {*random.Random(0).sample(points, count)}  # noqa: S311 - a choice, not a secret


def parameters(points, daily, *more):
    """Points as parameters of tests, with whatever else a case is made of: those that are not daily are left to `make soak`."""
    return [
        pytest.param((point, *more), id=str(point), marks=[] if point in daily else pytest.mark.soak)
        for point in points
    ]


def hold(sandbox, caller, point):
    """Have a process that calls itself `caller` stopped at a point, when it gets there."""
    kind = "hold_answer" if point.ran else "hold"
    sandbox.fault(kind=kind, caller=caller, action=point.action, skip=point.nth)


def killed(sandbox, caller, point, start):
    """Start a process, and kill it at a point of its work; a call that was on its way is never carried out."""
    hold(sandbox, caller, point)
    with AT_WORK:
        process = start(caller)
        reached = sandbox.held(caller)
    process.kill()
    ended = process.communicate(timeout=DEADLINE)
    assert reached, f"it never made call {point}: {ended}"
    sandbox.clear_faults(caller)


def killed_up(delivery, point):
    """Kill an `up` from what serves to another version at a point: those two, and the weights that it left."""
    (source,) = (version for version, weight in delivery.weights.items() if weight)
    target = C if source == A else A
    delivery.release(target, target, B)
    killed(delivery.hosting.sandbox, f"{delivery.place.model}-dies", point, delivery.up_process)
    return source, target, delivery.weights


def killed_rollback(delivery, point, following):
    """Kill a rollback at a point; what the next rollback, or else the next `up`, ends with."""
    rollback = ("rollback", "--reason", "errors doubled", "--actor", "ada")
    caller = f"{delivery.place.model}-dies"
    killed(delivery.hosting.sandbox, caller, point, lambda c: delivery.modelctl_process(c, *rollback))
    return delivery.rollback() if following == "rollback" else delivery.up()


def pulumi_up(stack, sandbox, point):
    """A real `pulumi up` that has come to a point and is held there."""
    hold(sandbox, stack.name, point)
    process = subprocess.Popen(
        stack.command("up", "--yes", "--skip-preview"),
        cwd=CHECKOUT,
        env=stack.env | {"AWS_SDK_UA_APP_ID": stack.name},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if sandbox.held(stack.name) is None:
        process.kill()
        raise AssertionError(f"it never made call {point}: {process.communicate(timeout=300)[0]}")
    return process


def killed_pulumi(stack, sandbox, point, late=()):
    """Kill a real `pulumi up` at a point, then type `pulumi cancel`; what it had started and still runs.

    Programs named in `late` are upstream's, which miss their engine only minutes later: they are killed with it.
    """
    process = pulumi_up(stack, sandbox, point)
    family = psutil.Process(process.pid).children(recursive=True)
    upstream = [each for each in family if each.name() in late]
    process.kill()
    for each in upstream:
        each.kill()
    process.communicate(timeout=300)
    _, running = psutil.wait_procs(family, timeout=ORPHANS_END)
    sandbox.clear_faults(stack.name)
    stack.pulumi("cancel", "--yes", stack.name)
    return [each.cmdline() for each in running if each.is_running()]
