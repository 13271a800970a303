"""A metric under weights is the metric of the rows, each block as often as its weight says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from pipelines.gates import statistics

BLOCKS = 6


@st.composite
def weighted(draw):
    """Rows with two labels at least, their blocks, and weights that leave rows of both labels."""
    rows = draw(st.integers(4, 60))
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    positive = chance.random(rows) < 0.4
    positive[:2] = True, False
    score = chance.choice([0.1, 0.2, 0.25, 0.4, 0.8], rows) if draw(st.booleans()) else chance.random(rows)
    block = chance.integers(0, BLOCKS, rows)
    weights = np.array(draw(st.lists(st.integers(0, 3), min_size=BLOCKS, max_size=BLOCKS)))
    weights[block[:2]] = np.maximum(weights[block[:2]], 1)
    return positive, score, block, weights


def under(statistic, weights):
    return statistic.under(weights[None].astype(float))[0]


@given(weighted())
def test_the_auc_of_weighted_blocks_is_that_of_repeated_rows(case):
    positive, score, block, weights = case
    repeated = np.repeat(np.arange(len(score)), weights[block])
    statistic = statistics.auc(positive, statistics.cells_of(score), block, BLOCKS)
    assert under(statistic, weights) == pytest.approx(roc_auc_score(positive[repeated], score[repeated]))


@given(weighted(), st.booleans())
def test_the_mean_of_weighted_blocks_is_that_of_repeated_rows(case, root):
    _, score, block, weights = case
    expected = np.repeat(score, weights[block]).mean()
    statistic = statistics.mean(score, block, BLOCKS, root=root)
    assert under(statistic, weights) == pytest.approx(expected**0.5 if root else expected)


@given(weighted())
def test_the_calibration_error_of_weighted_blocks_is_that_of_repeated_rows(case):
    positive, score, block, weights = case
    bins = statistics.quantiles(score, 4)
    repeated = np.repeat(np.arange(len(score)), weights[block])
    gaps = [abs((score[repeated] - positive[repeated])[bins[repeated] == each].sum()) for each in range(4)]
    statistic = statistics.gap(score, positive.astype(float), bins, block, BLOCKS)
    assert under(statistic, weights) == pytest.approx(sum(gaps) / len(repeated))


def test_weights_that_leave_no_row_of_a_label_give_no_number():
    statistic = statistics.auc(np.array([True, False]), np.array([1, 0]), np.array([0, 1]), 2)
    assert np.isnan(statistic.under(np.array([[1.0, 0.0]]))).all()


def test_binning_a_score_moves_no_auc_by_more_than_a_hundred_thousandth():
    chance = np.random.default_rng(0)
    positive = chance.random(100_000) < 0.25
    score = chance.normal(positive * 0.8)
    statistic = statistics.auc(positive, statistics.cells_of(score), np.zeros(len(score), int), 1)
    assert under(statistic, np.array([1])) == pytest.approx(roc_auc_score(positive, score), abs=1e-5)
