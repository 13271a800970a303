"""The search for how many requests a minute one instance serves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldelivery.release.core.load import FIRST, LEAST, MOST, Trial, holds, next_rate, sustained, unsent

LIMIT = 500


def searched(capacity):
    """All trials against an instance that serves so many requests a minute."""
    trials = ()
    while (rate := next_rate(trials, LIMIT)) is not None:
        late = rate > capacity
        trials = (*trials, Trial(rate=rate, served=min(rate, capacity), failed=0, p99_ms=900 if late else 20))
    return trials


@given(st.floats(min_value=LEAST * 2, max_value=MOST / 2))
def test_the_search_ends_close_below_what_an_instance_serves(capacity):
    trials = searched(capacity)
    assert len(trials) <= 16
    assert sustained(trials, LIMIT) <= capacity <= sustained(trials, LIMIT) * 1.2


def test_an_instance_that_serves_more_than_is_ever_tried_is_said_to_serve_the_most_that_was():
    trials = searched(MOST * 10)
    assert sustained(trials, LIMIT) == trials[-1].rate
    assert MOST / 2 < trials[-1].rate <= MOST


def test_an_instance_that_serves_nothing_is_given_up():
    trials = searched(0)
    assert (sustained(trials, LIMIT), trials[0].rate) == (0, FIRST)
    assert trials[-1].rate >= LEAST


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({}, True),
        ({"failed": 1}, False),
        ({"p99_ms": 501.0}, False),
        ({"served": 950.0}, True),
        ({"served": 850.0}, False),
    ],
)
def test_a_rate_holds_without_failures_within_the_limit_and_answered_whole(changes, held):
    usual = {"rate": 1000.0, "served": 1000.0, "failed": 0, "p99_ms": 500.0}
    assert holds(Trial(**usual | changes), LIMIT) is held


def test_a_rate_that_held_above_one_that_did_not_counts_for_nothing():
    trials = [
        Trial(rate=1000, served=1000, failed=0, p99_ms=1),
        Trial(rate=2000, served=2000, failed=3, p99_ms=1),
        Trial(rate=4000, served=4000, failed=0, p99_ms=1),
    ]
    assert sustained(trials, LIMIT) == 1000


def test_callers_who_do_not_keep_up_end_the_search_at_what_held():
    """Their answers were in time, so nothing is known of the variant at that rate."""
    held = Trial(rate=600, served=600, failed=0, p99_ms=20)
    short = Trial(rate=1200, served=700, failed=0, p99_ms=20)
    assert unsent(short, LIMIT)
    assert next_rate([held, short], LIMIT) is None
    assert sustained([held, short], LIMIT) == 600


@pytest.mark.parametrize("changes", [{"p99_ms": 501.0}, {"failed": 1}, {"served": 0.0}])
def test_a_variant_that_keeps_callers_waiting_is_not_taken_for_callers_who_do_not_keep_up(changes):
    usual = {"rate": 1200.0, "served": 700.0, "failed": 0, "p99_ms": 20.0}
    assert not unsent(Trial(**usual | changes), LIMIT)
    assert next_rate([Trial(**usual | changes)], LIMIT) == 300
