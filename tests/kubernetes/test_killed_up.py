"""SIGKILL of the provider in an `up` that adds a version, shifts to it and drops the one before it, at every call; then the same again.

`make test` has some of the writes, each once it was carried out, and `make soak` has all calls.
"""

from typing import NamedTuple

import pytest

from modeldelivery.release.core.journal import Journal
from tests.faults.delivery import DEADLINE, B, C
from tests.faults.kill import drawn, every, killed_up, parameters

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

# While it waits for the gateway it reads journal and route again and again: the first of these are enough.
READS = {
    "GetObject": 4,
    "get httproutes": 6,
    "list deployments": 6,
    "list services": 2,
    "GetCallerIdentity": 1,
}
WRITES = {"PutObject": 6, "patch httproutes": 3}  # intent and outcome of each of the three
REUSED = True


class Outcome(NamedTuple):
    """`up` was asked to go from one version to another; what there was between kill and rerun, and after it."""

    source: str
    target: str
    between: dict
    weights: dict
    journal: Journal
    once_more: bool


def CASE(delivery, point):  # noqa: N802 - what `outcomes` runs
    source, target, between = killed_up(delivery, point)
    delivery.up()
    return Outcome(source, target, between, delivery.weights, delivery.journal, delivery.up())


@pytest.fixture
def outcome(outcomes, case):
    return outcomes[case].result()


POINTS = every(READS, ran=False) + every(WRITES)
WRITTEN = [point for point in POINTS if point.ran]
SOME = 4
killed_anywhere = pytest.mark.parametrize("case", parameters(POINTS, daily=drawn(WRITTEN, SOME)))


@killed_anywhere
def test_a_killed_up_leaves_all_traffic_on_one_version(outcome):
    serving = {version: weight for version, weight in outcome.between.items() if weight}
    assert serving in ({outcome.source: 100}, {outcome.target: 100})


@killed_anywhere
def test_the_next_up_makes_fleet_and_weights_as_config_says(outcome):
    assert outcome.weights == {outcome.target: 100, B: 0}


@killed_anywhere
def test_the_next_up_leaves_the_journal_as_the_route_and_nothing_pending(outcome):
    journal = outcome.journal
    assert (journal.intent, journal.live, set(journal.fleet)) == (None, outcome.target, {outcome.target, B})
    assert journal.weights == outcome.weights


@killed_anywhere
def test_the_up_after_that_has_nothing_to_do(outcome):
    assert outcome.once_more is False


def test_the_points_are_all_the_calls_that_such_an_up_makes(fresh):
    delivery = fresh()
    delivery.release(C, C, B)
    caller = f"{delivery.place.model}-alone"  # other tests have one of that name in the same sandbox
    _, complaint = delivery.up_process(caller).communicate(timeout=DEADLINE)
    made = [call["action"] for call in delivery.hosting.sandbox.calls(caller)]
    delivery.remove()
    assert complaint == ""
    assert set(made) == READS.keys() | WRITES.keys()
    # On a slow machine a deadline is set again, by one more write of the journal.
    assert {action: min(made.count(action), most) for action, most in WRITES.items()} == WRITES
