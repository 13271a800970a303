"""From data points to a state, as AWS documents it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.alarms.evaluation import Rule, State, state_of

TWO_OF_THREE = Rule(comparison="GreaterThanThreshold", threshold=1.0, periods=3, datapoints=2)
GOOD, BAD = 0.5, 2.0


@pytest.mark.parametrize(
    ("points", "state"),
    [
        ([GOOD, GOOD, GOOD], State.OK),
        ([GOOD, GOOD, BAD], State.OK),
        ([BAD, GOOD, BAD], State.ALARM),
        ([BAD, BAD, GOOD], State.ALARM),
        ([BAD, None, BAD], State.ALARM),
        ([None, None, GOOD], State.OK),
        ([None, None, None], State.INSUFFICIENT_DATA),
        ([BAD, BAD, GOOD, GOOD, GOOD], State.OK),
    ],
)
def test_two_bad_minutes_of_three_are_an_alarm_and_silence_is_none(points, state):
    assert state_of(TWO_OF_THREE, points, State.OK) is state


@pytest.mark.parametrize(
    ("missing", "state"),
    [
        ("breaching", State.ALARM),
        ("notBreaching", State.OK),
        ("ignore", State.ALARM),
        ("missing", State.INSUFFICIENT_DATA),
    ],
)
def test_what_is_missing_counts_as_the_alarm_says(missing, state):
    rule = Rule(comparison="GreaterThanThreshold", threshold=1, periods=2, datapoints=2, missing=missing)
    assert state_of(rule, [None, None], State.ALARM) is state


@pytest.mark.parametrize(
    ("comparison", "at", "above"),
    [
        ("GreaterThanOrEqualToThreshold", State.ALARM, State.ALARM),
        ("GreaterThanThreshold", State.OK, State.ALARM),
        ("LessThanThreshold", State.OK, State.OK),
        ("LessThanOrEqualToThreshold", State.ALARM, State.OK),
    ],
)
def test_each_comparison_is_its_own(comparison, at, above):
    rule = Rule(comparison=comparison, threshold=1, periods=1, datapoints=1)
    assert (state_of(rule, [1.0], State.OK), state_of(rule, [1.5], State.OK)) == (at, above)


@given(st.lists(st.sampled_from([GOOD, BAD, None]), min_size=3, max_size=6), st.sampled_from(list(State)))
def test_an_alarm_needs_as_many_bad_points_as_it_says_whatever_else_there_is(points, before):
    bad = points[-3:].count(BAD)
    assert (state_of(TWO_OF_THREE, points, before) is State.ALARM) == (bad >= 2)
