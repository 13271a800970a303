"""SIGKILL of `modelctl rollback` at every AWS call that it makes, then whoever comes next.

`make test` has each write once AWS has carried it out, which is all that a kill at a later read leaves too, and the first call, before
which there is nothing; `make soak` has them all.
"""

from typing import NamedTuple

import pytest

from modeldelivery.release.core.journal import Journal
from tests.faults.delivery import DEADLINE, A, B
from tests.faults.kill import Point, every, killed_rollback, parameters

pytestmark = pytest.mark.faults

READS = {"GetObject": 2, "DescribeEndpoint": 2, "ListTags": 1}  # the tag is read again after every wait
WRITES = {"PutObject": 2, "UpdateEndpointWeightsAndCapacities": 1}
REUSED = False


class Outcome(NamedTuple):
    """What the next command said, and what there was afterwards."""

    result: tuple[int, str] | bool
    weights: dict
    journal: Journal
    pending: object


def CASE(delivery, point, following):  # noqa: N802 - what `outcomes` runs
    output = killed_rollback(delivery, point, following)
    return Outcome(output, delivery.weights, delivery.journal, delivery.status()["pending"])


@pytest.fixture
def outcome(outcomes, case):
    return outcomes[case].result()


LOOKS, CHANGES = every(READS, ran=False), every(WRITES)
DAILY = {Point("GetObject", 0, ran=False), *(point for point in CHANGES if point.ran)}
again = pytest.mark.parametrize("case", parameters(LOOKS + CHANGES, DAILY, "rollback"))
# Before its first write nothing has happened that an `up` could find.
then_up = pytest.mark.parametrize("case", parameters(CHANGES, DAILY, "up"))


@again
def test_rollback_again_after_a_kill_ends_with_traffic_on_the_target(outcome):
    status, output = outcome.result
    assert (status, outcome.weights) == (0, {A: 0, B: 100}), output


@again
def test_rollback_again_after_a_kill_rejects_once(outcome):
    assert [(r.version, r.actor, r.reason) for r in outcome.journal.rejections] == [
        (A, "ada", "errors doubled")
    ]


@again
def test_rollback_again_after_a_kill_leaves_nothing_pending(outcome):
    assert (outcome.pending, outcome.journal.intent) == (None, None)


@then_up
def test_up_finishes_the_rollback_that_was_killed_or_leaves_alone_what_was_never_recorded(outcome):
    recorded = bool(outcome.journal.rejections)
    assert outcome.weights == ({A: 0, B: 100} if recorded else {A: 100, B: 0})
    assert (outcome.pending, outcome.journal.intent) == (None, None)


def test_the_points_are_all_the_calls_that_a_rollback_makes(entered, fresh):
    delivery = fresh()
    rollback = ("rollback", "--reason", "errors doubled")
    _, complaint = delivery.modelctl_process("alone", *rollback).communicate(timeout=DEADLINE)
    delivery.remove()
    made = [call["action"] for call in entered.calls() if call["caller"] == "alone"]
    assert "Traceback" not in complaint
    # STS is asked beside the command, after the call that moves traffic; nothing waits for it.
    assert set(made) - {"GetCallerIdentity"} == READS.keys() | WRITES.keys()
    assert {action: made.count(action) for action in WRITES} == WRITES
