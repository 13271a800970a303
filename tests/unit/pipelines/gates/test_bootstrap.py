"""Bounds that hold together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.gates import statistics
from pipelines.gates.bootstrap import (
    MOST_BLOCKS,
    Estimate,
    critical_value,
    draw_weights,
    interval,
    number_blocks,
)
from tests.unit.pipelines.gates import delong


def estimate(statistic, weights):
    ones = np.ones((1, weights.shape[1]))
    return Estimate(float(statistic.under(ones)[0]), statistic.under(weights) - statistic.under(ones))


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=200))
def test_rows_of_one_block_stay_together_and_in_order(names):
    block, count = number_blocks([f"{name:04}" for name in names])
    assert set(block) <= set(range(count))
    for one, two in zip(
        *map(
            np.array,
            (sorted(zip(names, block, strict=True))[:-1], sorted(zip(names, block, strict=True))[1:]),
        ),
        strict=True,
    ):
        assert one[1] <= two[1]
        if one[0] == two[0]:
            assert one[1] == two[1]


def test_more_blocks_than_can_be_resampled_are_merged_with_their_neighbours():
    block, count = number_blocks(range(3 * MOST_BLOCKS))
    assert count == MOST_BLOCKS
    np.testing.assert_array_equal(block, np.repeat(np.arange(MOST_BLOCKS), 3))


def test_each_row_its_own_block_agrees_with_delong():
    """An independent formula, exact in large samples: the standard error agrees to 8 %, the difference to 1e-4."""
    chance = np.random.default_rng(1)
    positive = chance.random(20_000) < 0.25
    common = chance.normal(positive * 0.8)
    first, second = (
        common + 0.5 * chance.normal(size=len(common)),
        common + 0.8 * chance.normal(size=len(common)),
    )
    block, count = number_blocks(range(len(positive)))
    weights = draw_weights(1000, count, 0)
    one, two = (
        estimate(statistics.auc(positive, statistics.cells_of(score), block, count), weights)
        for score in (first, second)
    )
    value, error = delong.difference(positive, first, second)
    assert (one - two).value == pytest.approx(value, abs=1e-4)
    assert (one - two).error == pytest.approx(error, rel=0.08)


def test_blocks_show_what_rows_hide_when_days_differ():
    """Thirty days, each with an error of its own: rows taken as independent claim a bound that is far too narrow."""
    chance = np.random.default_rng(2)
    day = np.repeat(np.arange(30), 400)
    loss = chance.normal(size=30)[day] + chance.normal(size=len(day))
    errors = []
    for names in (day, np.arange(len(day))):
        block, count = number_blocks(names if names is day else chance.permutation(names))
        errors.append(estimate(statistics.mean(loss, block, count), draw_weights(1000, count, 0)).error)
    truth = (1 / 30 + 1 / len(day)) ** 0.5
    assert errors[0] == pytest.approx(truth, rel=0.35)
    assert errors[1] < truth / 5


@settings(deadline=None)
@given(st.integers(1, 12), st.sampled_from([0.8, 0.9, 0.95]), st.integers(0, 1000))
def test_the_critical_value_is_between_one_bound_and_bonferronis(count, confidence, seed):
    chance = np.random.default_rng(seed)
    shared = chance.normal(size=2000)
    estimates = [Estimate(0.0, shared + chance.normal(size=2000)) for _ in range(count)]
    critical = critical_value(estimates, confidence)
    alone = [critical_value([each], confidence) for each in estimates]
    bonferroni = [critical_value([each], 1 - (1 - confidence) / count) for each in estimates]
    assert max(alone) <= critical <= max(bonferroni) * (1 + 1e-9)


@given(st.integers(0, 1000))
def test_more_estimates_never_make_bounds_narrower(seed):
    chance = np.random.default_rng(seed)
    estimates = [Estimate(0.0, chance.normal(size=500)) for _ in range(6)]
    values = [critical_value(estimates[:count], 0.95) for count in range(1, 7)]
    assert values == sorted(values)


def test_estimates_that_do_not_vary_need_no_bound():
    still = Estimate(0.0, np.zeros(100))
    moving = Estimate(0.0, np.random.default_rng(0).normal(size=100))
    assert critical_value([still], 0.95) == 0
    assert critical_value([still, moving], 0.95) == critical_value([moving], 0.95)


def test_an_estimate_that_cannot_be_resampled_has_no_standard_error():
    assert np.isnan(Estimate(0.0, np.array([0.1, np.nan])).error)


def missed(repetitions, blocks, slices):
    """Share of repetitions in which any simultaneous bound of any slice misses the truth, which is 0."""
    chance = np.random.default_rng(5)
    weights = draw_weights(500, blocks, 0)
    misses = 0
    for _ in range(repetitions):
        shared = chance.normal(size=blocks)
        estimates = []
        for _ in range(slices):
            sizes = chance.integers(5, 50, blocks).astype(float)
            sums = sizes * (0.7 * shared + chance.normal(size=blocks))
            estimates.append(estimate(statistics.Mean(sums, sizes), weights))
        critical = critical_value(estimates, 0.95)
        bounds = [interval(each, critical, blocks) for each in estimates]
        misses += any(low > 0 or high < 0 for low, high in bounds)
    return misses / repetitions


def test_all_bounds_hold_together_as_often_as_they_claim():
    """One in twenty is claimed to miss. Of thirty blocks one in eight would, without Student's t."""
    assert missed(repetitions=200, blocks=30, slices=12) <= 0.09


@pytest.mark.soak
def test_all_bounds_hold_together_at_every_number_of_blocks():
    rates = {blocks: missed(repetitions=2000, blocks=blocks, slices=20) for blocks in (20, 30, 90, 300)}
    assert max(rates.values()) <= 0.08, rates
