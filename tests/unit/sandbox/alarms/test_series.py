"""What was measured in each whole period."""

import pytest

from sandbox.alarms.series import Datum, points


def single(at, value):
    return Datum(at, 1, value, value, value)


DATA = [single(60, 1), single(61, 3), single(125, 10)]


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("Sum", [4, 10, None]),
        ("Average", [2, 10, None]),
        ("SampleCount", [2, 1, None]),
        ("Minimum", [1, 10, None]),
        ("Maximum", [3, 10, None]),
        ("p50", [1, 10, None]),
        ("p99", [3, 10, None]),
    ],
)
def test_a_statistic_is_that_of_the_periods_samples_and_none_where_there_are_none(statistic, expected):
    assert points(DATA, statistic, period=60, until=4, count=3) == expected


def test_a_period_that_is_not_over_is_not_looked_at():
    assert points(DATA, "Sum", period=60, until=2, count=2) == [None, 4]


def test_samples_that_came_summed_up_count_as_many():
    batch = [Datum(0, 98, 98, 1, 1), Datum(1, 2, 20, 10, 10)]
    assert points(batch, "p98", period=60, until=1, count=1) == [1]
    assert points(batch, "p99", period=60, until=1, count=1) == [10]
    assert points(batch, "Average", period=60, until=1, count=1) == [pytest.approx(1.18)]
