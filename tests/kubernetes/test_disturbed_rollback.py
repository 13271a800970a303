"""Rollbacks whose calls of Kubernetes go wrong, each in a way that API servers and networks have: none says done when it is not.

Faults are by name (sandbox/kubernetes/front.py). `make test` has some at the one call that moves traffic; `make soak` has each at every call.
"""

from typing import NamedTuple

import pytest

from modeldelivery.release.errors import Exit
from tests.faults.delivery import DEADLINE, A, B

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

REUSED = False
ROLLBACK = ("rollback", "--reason", "errors doubled", "--actor", "ada")
MOVE, LOOKS = "patch httproutes", ("get httproutes", "list deployments")
# Each with how often it happens: once, or longer than any one call is tried.
FAULTS = {
    "late": {"kind": "delay", "seconds": 1.0},
    "answered-too-late": {"kind": "stall_answer", "seconds": 3.0},
    "lost": {"kind": "lost"},
    "cut": {"kind": "reset_download"},
    "reset": {"kind": "reset", "count": 2},
    "silent": {"kind": "stall", "seconds": 3.0},
    "slow-down": {"kind": "throttle", "count": 3},
    "500": {"kind": "error", "code": "500", "count": 2},
    "503": {"kind": "error", "code": "503", "count": 3},
    "504": {"kind": "error", "code": "504"},
    "conflict": {"kind": "error", "code": "409", "count": 2},
}
REFUSED = {"forbidden": {"kind": "error", "code": "403"}, "stranger": {"kind": "error", "code": "401"}}
DAILY = ("late", "lost", "slow-down", "500", "conflict", "forbidden")


class Outcome(NamedTuple):
    """How it ended, what serves by the route and by the gateway, and how often the route's weights were written."""

    status: int
    output: str
    weights: dict
    answers: set
    moves: int
    again: tuple[int, str]


def CASE(delivery, action, name):  # noqa: N802 - what `outcomes` runs
    caller, sandbox = f"{delivery.place.model}-rolls", delivery.hosting.sandbox
    sandbox.fault(action=action, caller=caller, **{**FAULTS, **REFUSED}[name])
    process = delivery.modelctl_process(caller, *ROLLBACK)
    output, complained = process.communicate(timeout=DEADLINE)
    weights, answers = delivery.weights, delivery.answers()
    moves = [c for c in sandbox.calls(caller) if c["action"] == MOVE and c["status"] == 200]
    sandbox.clear_faults(caller)
    again = delivery.rollback()
    return Outcome(process.returncode, output + complained, weights, answers, len(moves), again)


def _cases(faults):
    cases = [(action, name) for name in faults for action in (MOVE, *LOOKS)]
    return pytest.mark.parametrize(
        "case",
        [
            pytest.param(
                case,
                id=f"{case[1]}-at-{case[0].replace(' ', '-')}",
                marks=[] if case[0] == MOVE and case[1] in DAILY else pytest.mark.soak,
            )
            for case in cases
        ],
    )


@pytest.fixture
def outcome(outcomes, case):
    return outcomes[case].result()


@_cases(FAULTS)
def test_a_disturbed_rollback_says_done_and_it_is(outcome):
    assert outcome.status == Exit.DONE, outcome.output
    assert (outcome.weights, outcome.answers) == ({A: 0, B: 100}, {"v5-1-0"})


@_cases(FAULTS)
def test_a_disturbed_rollback_moves_traffic_once(outcome):
    assert outcome.moves <= 1  # an answer that was lost has no status


@_cases(REFUSED)
def test_a_rollback_that_is_not_let_in_says_so_and_not_done(outcome):
    assert outcome.status not in {Exit.DONE, Exit.BROKEN}, outcome.output
    assert "rolled back to" not in outcome.output
    assert (outcome.weights, outcome.answers) == ({A: 100, B: 0}, {"v5-0-0"})


@_cases({**FAULTS, **REFUSED})
def test_the_next_rollback_after_a_disturbed_one_ends_well(outcome):
    assert outcome.again[0] == Exit.DONE, outcome.again[1]
