"""Weights are shares of 100, whatever numbers SageMaker was given."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldelivery.release.core import weights
from modeldelivery.release.core.weights import BadWeightsError
from modeldelivery.release.version import Version
from tests.unit.release.lives import steady, versions

A, B, C = Version("v1.0.0"), Version("v1.1.0"), Version("v1.2.0")
many = st.sampled_from([Version(f"v2.{minor}.0") for minor in range(10)])
any_weights = st.dictionaries(versions, st.floats(0, 100, width=32, allow_subnormal=False), min_size=1)


@pytest.mark.parametrize(
    ("given_weights", "shares"),
    [
        ({A: 1.0, B: 0.0}, {A: 100, B: 0}),
        ({A: 1.0, B: 3.0}, {A: 25, B: 75}),
        ({A: 1.0, B: 1.0, C: 1.0}, {A: 34, B: 33, C: 33}),
        ({A: 0.0, B: 0.0}, {A: 0, B: 0}),
        ({}, {}),
    ],
)
def test_shares_are_of_100_largest_remainder_first(given_weights, shares):
    assert weights.shares(given_weights) == shares


@steady
@given(any_weights)
def test_shares_sum_to_100_wherever_there_is_traffic(given_weights):
    shares = weights.shares(given_weights)
    assert sum(shares.values()) == (100 if any(given_weights.values()) else 0)
    assert shares.keys() == given_weights.keys()


@steady
@given(any_weights)
def test_whole_shares_of_100_are_left_as_they_are(given_weights):
    shares = weights.shares(given_weights)
    assert weights.shares(shares) == shares


def test_what_many_traces_of_traffic_are_rounded_up_by_is_taken_from_the_largest_one_by_one():
    traces = {Version(f"v2.{minor}.0"): 0.001 for minor in range(8)}
    shares = weights.shares({**traces, A: 50.1, B: 49.9})
    assert (shares[A], shares[B]) == (46, 46)


@steady
@given(st.dictionaries(many, st.floats(0, 2.0**127, width=32), min_size=1))
def test_beside_a_zero_anything_above_zero_has_a_share_and_more_traffic_is_never_a_smaller_one(given_weights):
    shares = weights.shares(given_weights)
    assert {v for v, share in shares.items() if share} == {v for v, w in given_weights.items() if w}
    ordered = sorted(given_weights, key=lambda v: given_weights[v])
    assert all(shares[a] <= shares[b] for a, b in pairwise(ordered) if given_weights[a] < given_weights[b])


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        ({A: 1000.0, B: 1.0, C: 1.0}, {A: 98, B: 1, C: 1}, True),
        ({A: 1.0, B: 1000.0, C: 0.0}, {B: 100}, False),
        ({A: 1e-38, B: 100.0}, {B: 100}, False),
        ({A: 1.0}, {A: 100, B: 0}, True),
        ({A: 5, B: 5}, {A: 50, B: 50}, True),
        ({A: 100}, {B: 100}, False),
        ({A: 51, B: 49}, {A: 50, B: 50}, False),
        ({A: 0}, {}, True),
    ],
)
def test_fleets_are_the_same_when_they_route_alike(left, right, alike):
    assert weights.same(left, right) is alike


@pytest.mark.parametrize(
    "bad", [{A: 99}, {A: 101}, {A: 50.0, B: 50.0}, {A: True, B: 99}, {A: -1, B: 101}, {A: 0}, {}]
)
def test_only_integers_that_sum_to_100_are_sent(bad):
    with pytest.raises(BadWeightsError, match="not integers of 0-100 that sum to 100"):
        weights.checked(bad)


def test_weights_that_sum_to_100_pass():
    assert weights.checked({A: 95, B: 5}) == {A: 95, B: 5}


def test_of_equals_the_smaller_name_is_the_main_version():
    assert weights.main_version({B: 50, A: 50}) == A


def test_without_traffic_there_is_no_main_version():
    assert weights.main_version({A: 0}) is None
