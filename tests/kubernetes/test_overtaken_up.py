"""A rollback while a call of an `up` is on its way: the rollback ends at once, and the call that arrives later is refused.

A serves and B did before; config now says that C is live and that A goes. So the `up` adds C, shifts to it and drops A. What an
older call does where tokens are not compared is tests/faults/test_overtaken_up.py.
"""

import signal
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from modeldelivery.release.core.journal import Journal
from tests.faults.delivery import DEADLINE, A, B, C
from tests.faults.kill import AT_WORK, Point, hold

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

REUSED = False
PATCH = "patch httproutes"
# Which write of the `up` is on its way, and where the rollback then goes: B was before A, and A was before C.
CASES = {"adds": (0, B), "shifts": (1, A), "drops": (2, A)}


class Outcome(NamedTuple):
    """How both ended; `late` is what the API server answered to the `up`'s calls that arrived after the rollback was done."""

    rollback: tuple[int, str]
    up: tuple[int, str]
    late: list
    weights: dict
    answers: set
    journal: Journal


def CASE(delivery, nth, target):  # noqa: N802, ARG001 - what `outcomes` runs
    delivery.release(C, C, B)
    sandbox, name = delivery.hosting.sandbox, f"{delivery.place.model}-up"
    with ExitStack() as processes, AT_WORK:
        hold(sandbox, name, Point(PATCH, nth, ran=False))
        up = delivery.up_process(name)
        processes.callback(up.kill)
        processes.callback(sandbox.clear_faults, name)
        assert sandbox.held(name), up.communicate(timeout=DEADLINE)
        up.send_signal(signal.SIGSTOP)
        before = len(patches(sandbox, name))
        rolled = delivery.rollback()
        sandbox.release(name)
        up.send_signal(signal.SIGCONT)
        output, complained = up.communicate(timeout=DEADLINE)
        late = patches(sandbox, name)[before:]
    return Outcome(
        rolled,
        (up.returncode, output + complained),
        late,
        delivery.weights,
        delivery.answers(),
        delivery.journal,
    )


def patches(sandbox, caller):
    """What each write of the route was answered."""
    return [call["status"] for call in sandbox.calls(caller) if call["action"] == PATCH]


cases = pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])


@pytest.fixture
def outcome(outcomes, case):
    return outcomes[case].result()


@cases
def test_a_rollback_ends_while_a_call_of_an_up_is_on_its_way(outcome, case):
    status, output = outcome.rollback
    assert (status, f"rolled back to {case[1]}" in output) == (0, True), output


@cases
def test_a_call_that_arrives_after_a_rollback_is_refused(outcome):
    assert outcome.late == [409], outcome.up


@cases
def test_what_a_rollback_went_back_to_serves_on_after_the_up_that_it_overtook(outcome, case):
    assert {version: weight for version, weight in outcome.weights.items() if weight} == {case[1]: 100}
    assert outcome.answers == {case[1].replace(".", "-")}


@cases
def test_an_up_that_was_overtaken_says_so(outcome):
    status, output = outcome.up
    assert (status, "Traceback" in output) == (1, False), output
    assert outcome.journal.decision.kind == "rollback"
