"""The chance of counts, held to SciPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipelines.data_drift.chance import _survival, p_value


@given(st.floats(1e-6, 2000), st.integers(1, 60))
def test_the_share_beyond_a_value_is_scipys(statistic, degrees):
    assert _survival(statistic, degrees) == pytest.approx(
        stats.chi2.sf(statistic, degrees), rel=1e-9, abs=1e-300
    )


@given(
    st.lists(st.integers(40, 5000), min_size=2, max_size=25),
    st.lists(st.integers(40, 5000), min_size=25, max_size=25),
)
def test_counts_of_full_bins_have_the_chance_of_scipys_test(before, after):
    reference, sample = np.array(before), np.array(after[: len(before)])
    table = np.vstack([reference, sample])
    expected = stats.contingency.expected_freq(table)
    if expected.min() < 5:
        return
    scipys = stats.chi2_contingency(table, correction=False)
    assert p_value(reference, sample) == pytest.approx(scipys.pvalue, rel=1e-7, abs=1e-300)


def test_the_same_distribution_exceeds_a_hundredth_in_a_hundredth_of_samples():
    chance = np.random.default_rng(5)
    shares = np.array([*(0.048,) * 20, 0.03, 0.01])
    reference = chance.multinomial(80_000, shares)
    values = [p_value(reference, chance.multinomial(1000, shares)) for _ in range(2000)]
    assert 0.004 <= np.mean(np.array(values) < 0.01) <= 0.018


def test_bins_with_hardly_a_row_are_judged_together_and_cry_no_wolf():
    """Of forty names of 1 in 10,000 each, one has five rows and the others none: a test by bin would call that impossible."""
    reference = np.array([*(8,) * 40, 79_680])
    sample = np.array([5, *(0,) * 39, 995])
    assert p_value(reference, sample) > 1e-3


def test_samples_of_one_bin_differ_by_no_chance_at_all():
    assert p_value(np.array([100, 0]), np.array([7, 0])) == 1


def test_what_no_chance_makes_is_zero_and_no_error():
    assert p_value(np.array([10**9, 0]), np.array([0, 10**9])) == 0


def test_an_empty_sample_is_refused():
    with pytest.raises(ValueError, match="an empty sample has no distribution"):
        p_value(np.array([1, 2]), np.array([0, 0]))
