"""AWS's six fields of cron say which minutes; what they cannot say is refused by field, value and what is allowed."""

import calendar
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.scheduler.cron import CronError, parse

MOMENTS = st.integers(946_684_800, 1_893_456_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "moment", "expected"),
    [
        ("0 2 * * ? *", "2013-04-08T02:00", "2013-04-09T02:00"),
        ("0 2 * * ? *", "2013-04-08T01:59:59", "2013-04-08T02:00"),
        ("15 10 ? * 6L 2022-2023", "2021-01-01", "2022-01-28T10:15"),
        ("0 0 ? * 6L *", "2024-05-01", "2024-05-31"),
        ("0 10 ? * MON-FRI *", "2013-04-06", "2013-04-08T10:00"),
        ("0/15 9-10 * * ? *", "2013-04-08T09:45", "2013-04-08T10:00"),
        ("0 0 L * ? *", "2024-02-01", "2024-02-29T00:00"),
        ("0 0 29 2 ? *", "2013-01-01", "2016-02-29T00:00"),
        ("0 0 ? * 2#1 *", "2013-04-02", "2013-05-06T00:00"),
        ("0 0 ? * L *", "2013-04-08", "2013-04-13T00:00"),
        ("0 0 1 JAN,jul ? *", "2013-02-01", "2013-07-01T00:00"),
    ],
)
def test_the_next_minute_is_the_first_later_one_that_the_fields_name(fields, moment, expected):
    assert parse(fields).after(at(moment)) == at(expected)


def test_after_the_last_year_there_is_none():
    assert parse("0 0 1 1 ? 2013").after(at("2013-01-01")) is None


@given(
    MOMENTS,
    st.frozensets(st.integers(0, 59), min_size=1, max_size=4),
    st.frozensets(st.integers(0, 23), min_size=1, max_size=3),
    st.frozensets(st.integers(1, 7), min_size=1, max_size=3),
)
def test_no_minute_that_is_named_lies_between_a_moment_and_the_next(moment, minutes, hours, weekdays):
    fields = f"{_list(minutes)} {_list(hours)} ? * {','.join(NAMES[day - 1] for day in sorted(weekdays))} *"
    due = parse(fields).after(moment)
    assert due > moment
    one = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while not (one.minute in minutes and one.hour in hours and _weekday(one) in weekdays):
        one += timedelta(minutes=1)
    assert due == one


@given(MOMENTS, st.integers(1, 31))
def test_a_date_that_a_month_does_not_have_is_passed_over(moment, date):
    due = parse(f"0 0 {date} * ? *").after(moment)
    assert due.day == date
    assert due > moment
    month = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month < due.replace(day=1):
        has = calendar.monthrange(month.year, month.month)[1] >= date
        assert not has or month.replace(day=date) <= moment
        month = (month + timedelta(days=31)).replace(day=1)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ("0 2 * * ?", "5 fields"),
        ("0 2 * * * *", "exactly one of day-of-month and day-of-week is ?"),
        ("0 2 ? * ? *", "exactly one of day-of-month and day-of-week is ?"),
        ("60 2 * * ? *", "minutes 60: '60' is none of 0 to 59"),
        ("0 24 * * ? *", "hours 24"),
        ("0 0 0 * ? *", "day-of-month 0"),
        ("0 0 * 13 ? *", "month 13"),
        ("0 0 ? * MOO *", "day-of-week MOO"),
        ("0 0 * * ? 1969", "year 1969"),
        ("5-3 0 * * ? *", "5-3 ends before it begins"),
        ("*/0 0 * * ? *", "a step is a whole number, 1 or more"),
        ("0 0 15W * ? *", "the sandbox knows no nearest weekday"),
        ("-1 0 * * ? *", "minutes -1: '' is none of 0 to 59"),
    ],
)
def test_fields_that_say_no_times_are_refused(fields, why):
    with pytest.raises(CronError, match=why.replace("?", r"\?")):
        parse(fields)


def _list(numbers):
    return ",".join(map(str, sorted(numbers)))


def _weekday(moment):
    return (moment.weekday() + 1) % 7 + 1
