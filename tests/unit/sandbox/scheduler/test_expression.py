"""When a schedule is due, by its text, its beginning and its end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.scheduler.expression import ExpressionError, due, parse

BEGIN = datetime(2013, 4, 1, 9, 30, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
DAY = timedelta(days=1)
TIMES = st.timedeltas(timedelta(0), timedelta(days=400))


def times(text, *, after=BEGIN - MOMENT, until=BEGIN + 3 * DAY, begin=BEGIN, end=None):
    return list(due(parse(text), after=after, until=until, begin=begin, end=end))


def test_a_rate_is_due_at_its_beginning_and_every_so_often_from_then_on():
    assert times("rate(1 day)") == [BEGIN, BEGIN + DAY, BEGIN + 2 * DAY, BEGIN + 3 * DAY]
    assert times("rate(36 hours)", after=BEGIN) == [BEGIN + 1.5 * DAY, BEGIN + 3 * DAY]


def test_a_cron_expression_is_due_at_its_own_times():
    midnights = [datetime(2013, 4, day, tzinfo=UTC) for day in (2, 3, 4)]
    assert times("cron(0 0 * * ? *)") == midnights


def test_one_time_is_due_once_whatever_its_beginning_and_its_end():
    once = datetime(2013, 4, 2, tzinfo=UTC)
    assert times("at(2013-04-02T00:00:00)", begin=BEGIN + 9 * DAY, end=BEGIN) == [once]
    assert times("at(2013-04-02T00:00:00)", after=once) == []


def test_nothing_is_due_before_the_beginning_nor_after_the_end():
    later = BEGIN + DAY
    for text in ("rate(1 hour)", "cron(0 * * * ? *)"):
        shown = times(text, begin=later, end=later + timedelta(hours=3))
        assert shown
        assert all(later <= each <= later + timedelta(hours=3) for each in shown)


@given(
    st.sampled_from(["rate(7 minutes)", "rate(5 days)", "cron(*/20 3 ? * TUE *)", "at(2013-06-01T12:00:00)"]),
    TIMES,
    TIMES,
)
def test_whoever_looks_in_two_goes_meets_each_time_once(text, first, more):
    middle, until = BEGIN + first, BEGIN + first + more
    apart = times(text, until=middle) + times(text, after=middle, until=until)
    assert apart == times(text, until=until)
    assert apart == sorted(set(apart))


@pytest.mark.parametrize(
    "text",
    [
        "rate(0 days)",
        "rate(1 week)",
        "every day",
        "at(2013-04-31T00:00:00)",
        "at(2013-04-01)",
        "cron(0 0 * * * *)",
        "",
    ],
)
def test_what_is_no_schedule_is_refused_with_its_text(text):
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    assert text in str(refused.value)
