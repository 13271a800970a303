"""The search for how many requests a minute one instance serves."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldelivery.release.core.load import (
    FIRST,
    LEAST,
    MOST,
    Trial,
    holds,
    lasting,
    next_rate,
    sustained,
    unsent,
)

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


@pytest.mark.parametrize(
    ("a_second", "limit_ms", "seconds"),
    [
        (10.0, 500, 10),  # the usual
        (1.0, 500, 20),  # twenty requests
        (10.0, 2000, 20),  # ten times the limit, within which a queue shows
    ],
)
def test_a_trial_lasts_until_its_figures_mean_something(a_second, limit_ms, seconds):
    assert lasting(a_second, limit_ms, usual=10) == seconds


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.89])
def test_callers_who_wait_for_a_variant_that_is_too_slow_show_it_within_a_trial(share):
    """One request after the other, as a queue of callers who each wait for their answer: what Locust would see of it."""
    rate, limit = 20.0, 0.5
    callers, takes = ceil(rate * limit), 1 / (rate * share)
    free, latencies = 0.0, []
    due = [n / rate for n in range(callers)]  # when each caller sends next
    while min(due) < lasting(rate, int(limit * 1000), usual=2):
        caller = due.index(min(due))
        sent, free = due[caller], max(due[caller], free) + takes
        due[caller] = max(free, sent + callers / rate)
        if free < lasting(rate, int(limit * 1000), usual=2):  # else it is still awaited at the end
            latencies.append(free - sent)
    p99_ms = sorted(latencies)[int(0.99 * len(latencies))] * 1000
    assert not unsent(Trial(rate=1200, served=60 * share * rate, failed=0, p99_ms=p99_ms), limit * 1000)
