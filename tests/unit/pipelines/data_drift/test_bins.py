"""Bins of equal mass, and the index that tells a shift between two samples counted in them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.data_drift.bins import (
    MASS_BINS,
    MOST_CATEGORIES,
    bins_of_names,
    bins_of_numbers,
    count,
    stability_index,
)

NORMAL = np.random.default_rng(7).normal(size=20_000)


def index(bins, before, after):
    return stability_index(count(bins, bins.codes(before)), count(bins, bins.codes(after)))


def test_bins_of_a_continuous_number_have_equal_mass():
    bins = bins_of_numbers(NORMAL)
    assert len(bins.edges) == MASS_BINS + 1
    assert {abs(each - len(NORMAL) // MASS_BINS) for each in bins.counts[1:-2]} <= {0, 1}


def test_what_lies_outside_the_sample_and_what_is_missing_have_bins_that_the_sample_leaves_empty():
    bins = bins_of_numbers(NORMAL)
    assert (bins.counts[0], *bins.counts[-2:]) == (0, 0, 0)
    beyond = [NORMAL.min(), np.nextafter(NORMAL.min(), -9), NORMAL.max(), np.nextafter(NORMAL.max(), 9), None]
    assert bins.codes(beyond).tolist() == [1, 0, MASS_BINS, MASS_BINS + 1, MASS_BINS + 2]


def test_one_outlier_hides_no_shift():
    """Bins of equal width would put all but one value into one of them."""
    bins = bins_of_numbers(np.append(NORMAL, 1e6))
    assert index(bins, NORMAL, NORMAL + 0.5) == pytest.approx(0.247, abs=0.01)


def test_a_sample_of_the_same_is_no_shift():
    again = np.random.default_rng(8).normal(size=5_000)
    assert index(bins_of_numbers(NORMAL), NORMAL, again) < 0.02


def test_missing_values_are_a_bin_of_their_own():
    holed = np.where(np.arange(len(NORMAL)) % 5 > 0, NORMAL, np.nan)
    bins = bins_of_numbers(NORMAL)
    assert count(bins, bins.codes(holed))[-1] == len(NORMAL) // 5
    assert index(bins, NORMAL, holed) > 1


def test_a_value_that_is_most_of_a_sample_has_a_bin_of_its_own():
    bins = bins_of_numbers([0.0] * 90 + [1.0] * 10)
    assert (bins.edges, bins.counts) == ((0.0, 1.0, np.nextafter(1, 2)), (0, 90, 10, 0, 0))


@pytest.mark.parametrize("values", [[], [None, None], [3, 3, 3]])
def test_a_number_that_says_nothing_has_one_bin_of_values(values):
    bins = bins_of_numbers(values)
    assert len(bins.edges) == (2 if any(values) else 0)
    assert sum(bins.counts) == len(values)


def test_names_beyond_the_most_frequent_are_one_bin():
    names = [f"n{number:03}" for number in range(MOST_CATEGORIES + 10) for _ in range(100 - number)]
    bins = bins_of_names(names)
    assert bins.names == tuple(f"n{number:03}" for number in range(MOST_CATEGORIES))
    assert bins.counts[-2] == sum(100 - number for number in range(MOST_CATEGORIES, MOST_CATEGORIES + 10))


def test_names_as_frequent_as_each_other_are_in_the_order_of_the_alphabet_whatever_the_rows_order():
    values = ["b", "a", "c"] * 4
    assert bins_of_names(values).names == bins_of_names(values[::-1]).names == ("a", "b", "c")


def test_a_name_that_was_never_there_and_none_are_told_apart():
    bins = bins_of_names(["a", "b"])
    assert list(count(bins, bins.codes(["new", None, "a"]))) == [1, 0, 1, 1]


def test_an_empty_bin_makes_no_index_infinite():
    bins = bins_of_names(["a", "b"])
    assert math.isfinite(index(bins, ["a"], ["b"]))


def test_an_empty_sample_is_refused():
    bins = bins_of_numbers(NORMAL)
    with pytest.raises(ValueError, match="an empty sample has no distribution"):
        index(bins, NORMAL, NORMAL[:0])


@given(
    st.lists(st.integers(0, 50), min_size=3, max_size=12).filter(any),
    st.lists(st.integers(0, 50), min_size=12, max_size=12).filter(any),
)
def test_the_index_is_never_negative_and_the_same_both_ways(before, after):
    left, right = np.array(before), np.array(after[: len(before)])
    if not right.any():
        right[0] = 1
    assert stability_index(left, right) >= 0
    assert stability_index(left, right) == pytest.approx(stability_index(right, left))
    assert stability_index(left, left) == 0
