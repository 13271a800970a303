"""Latencies of two variants, compared beyond doubt."""

from random import Random

import pytest

from modeldelivery.release.core.latency import FEWEST, MEDIAN, P99, compare, first
from modeldelivery.release.core.verification import latency_of, slow

COUNT = 500


def drawn(seed, scale=1.0, spikes=0.0, count=COUNT):
    """Latencies as servers have them: skewed, now and then a pause that is fifty times as long."""
    random = Random(seed)  # noqa: S311 - latencies, no secret
    return [
        scale * 0.002 * random.lognormvariate(0, 0.4) * (50 if random.random() < spikes else 1)
        for _ in range(count)
    ]


def verdict(here, there, limit=2.0):
    return slow(latency_of("v1.1.0", compare(here, there), len(here), limit))


@pytest.mark.parametrize("spikes", [0.0, 0.01, 0.02])
def test_variants_that_are_alike_are_not_told_apart_by_chance(spikes):
    """At a limit of 1 also: the rate of false alarms is that of the bounds, however heavy the tail."""
    alarms = sum(
        verdict(drawn(2 * n, spikes=spikes), drawn(2 * n + 1, spikes=spikes), limit=1.0) is not None
        for n in range(100)
    )
    assert alarms <= 2


@pytest.mark.parametrize(("scale", "spikes"), [(3.0, 0.0), (3.0, 0.01)])
def test_one_that_is_three_times_as_slow_is_always_found(scale, spikes):
    for n in range(50):
        assert "median of 500 requests" in verdict(drawn(2 * n, scale, spikes), drawn(2 * n + 1, 1, spikes))


def test_a_tail_that_the_median_does_not_show_is_found():
    for n in range(50):
        assert "99th percentile of 500 requests" in verdict(drawn(2 * n, spikes=0.05), drawn(2 * n + 1))


def test_a_ratio_is_never_below_what_it_is_at_least():
    for n in range(50):
        for each in compare(drawn(2 * n, 1.5), drawn(2 * n + 1)):
            assert each.at_least <= each.ratio


def test_the_sentence_says_both_times_the_ratio_and_what_is_allowed():
    assert verdict([0.006] * COUNT, [0.002] * COUNT) == (
        "median of 500 requests 6 ms, 3 times the 2 ms of v1.1.0 in the same run, and 2 times is allowed"
    )
    assert verdict([0.004] * COUNT, [0.002] * COUNT) is None


def test_of_the_fewest_latencies_the_99th_percentile_has_an_upper_bound():
    assert 0.99**FEWEST < 0.01 < 0.99 ** (FEWEST - 1)
    here = [0.001] * FEWEST
    there = [0.001] * (FEWEST - 1) + [1.0]
    median, p99 = compare(here, there)
    assert (median.quantile, p99.quantile) == (MEDIAN, P99)
    assert p99.at_least == pytest.approx(0.001)


def test_who_is_asked_first_is_a_coin_of_the_seed():
    turns = [first("v1.2.0", n) for n in range(1000)]
    assert turns == [first("v1.2.0", n) for n in range(1000)]
    assert 450 < sum(turns) < 550
    assert turns != [first("v1.3.0", n) for n in range(1000)]
