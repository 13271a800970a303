"""SIGKILL of an `up` that adds a version, shifts to it and drops the one before it, at every AWS call; then the same again.

Whatever is killed, only its writes stay: so `make test` has each write once AWS has carried it out, which is also what there is
when a later read is killed, and some of the other points; `make soak` has them all.
The provider's work alone, in a process of its own; test_killed_pulumi.py kills the engine.
"""

from typing import NamedTuple

import pytest

from modeldelivery.release.core.journal import Journal
from tests.faults.delivery import DEADLINE, B, C
from tests.faults.kill import drawn, every, killed_up, parameters

pytestmark = pytest.mark.faults

# While it waits for SageMaker it reads journal and endpoint again and again: the first of these are enough.
READS = {
    "GetObject": 4,
    "DescribeEndpoint": 5,
    "DescribeEndpointConfig": 6,
    "GetCallerIdentity": 1,
    "ListTags": 11,
    "DescribeScalableTargets": 2,
    "ListEndpointConfigs": 1,
}
WRITES = {
    "PutObject": 6,  # intent and outcome of each of the three
    "CreateEndpointConfig": 2,
    "UpdateEndpoint": 2,
    "UpdateEndpointWeightsAndCapacities": 1,
    "DeleteEndpointConfig": 2,
}
SOME = 4  # other points, in `make test`
REUSED = True


class Outcome(NamedTuple):
    """`up` was asked to go from one version to another; what there was between kill and rerun, and after it."""

    source: str
    target: str
    between: dict
    weights: dict
    journal: Journal
    configs: list
    config: str
    once_more: bool


def CASE(delivery, point):  # noqa: N802 - what `outcomes` runs
    source, target, between = killed_up(delivery, point)
    delivery.up()
    weights, journal, config, configs = (
        delivery.weights, delivery.journal, delivery.config, delivery.configs(),
    )  # fmt: skip
    return Outcome(source, target, between, weights, journal, configs, config, delivery.up())


@pytest.fixture
def outcome(outcomes, case):
    return outcomes[case].result()


POINTS = every(READS, ran=False) + every(WRITES)
WRITTEN = [point for point in POINTS if point.ran]
OTHERS = [point for point in POINTS if not point.ran]
killed_anywhere = pytest.mark.parametrize(
    "case", parameters(POINTS, daily=drawn(OTHERS, SOME).union(WRITTEN))
)


@killed_anywhere
def test_a_killed_up_leaves_all_traffic_on_one_version(outcome):
    serving = {version: weight for version, weight in outcome.between.items() if weight}
    assert serving in ({outcome.source: 100}, {outcome.target: 100})


@killed_anywhere
def test_the_next_up_makes_fleet_and_weights_as_config_says(outcome):
    assert outcome.weights == {outcome.target: 100, B: 0}


@killed_anywhere
def test_the_next_up_leaves_the_journal_as_the_endpoint_and_nothing_pending(outcome):
    journal = outcome.journal
    assert (journal.intent, journal.live, set(journal.fleet)) == (None, outcome.target, {outcome.target, B})
    assert journal.weights == outcome.weights


@killed_anywhere
def test_the_next_up_leaves_no_configuration_behind_that_nothing_uses(outcome):
    assert outcome.configs == [outcome.config]


@killed_anywhere
def test_the_up_after_that_has_nothing_to_do(outcome):
    assert outcome.once_more is False


def test_the_points_are_all_the_calls_that_such_an_up_makes(entered, fresh):
    delivery = fresh()
    delivery.release(C, C, B)
    _, complaint = delivery.up_process("undisturbed").communicate(timeout=DEADLINE)
    delivery.remove()
    made = [call["action"] for call in entered.calls() if call["caller"] == "undisturbed"]
    assert complaint == ""
    assert set(made) == READS.keys() | WRITES.keys()
    # On a slow machine a deadline is set again, by one more write of the journal.
    assert {action: min(made.count(action), most) for action, most in WRITES.items()} == WRITES
    assert all(made.count(action) == WRITES[action] for action in WRITES if action != "PutObject")
