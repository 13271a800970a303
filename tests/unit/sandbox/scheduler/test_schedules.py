"""Schedules by their clock: what is due is carried out once, and what a clock jumped over is not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.call import Call
from sandbox.clock import WorldClock
from sandbox.refusal import RefusedError
from sandbox.scheduler.expression import due, parse
from sandbox.scheduler.schedules import Schedules
from sandbox.scheduler.target import PREFIX

ACCOUNT = "111111111111"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
BEGIN = datetime(2013, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


class Clock(WorldClock):
    """One that stands still between two calls."""

    def __init__(self):
        self.shown = BEGIN

    def now(self):
        return self.shown

    def set(self, moment):
        self.shown = moment or BEGIN


@dataclass
class Invocations:
    """Keeps what is begun; the role `refused` may not be taken on."""

    begun: list = field(default_factory=list)

    def check(self, account, role):
        if role.endswith("/refused"):
            raise RefusedError(f"{account} may not")

    def begin(self, account, schedule, arn, due, target):
        assert arn == f"arn:aws:scheduler:eu-west-1:{account}:schedule/default/{schedule}"
        assert target.role_arn == ROLE
        self.begun.append((schedule, due))

    @property
    def due(self):
        return [due for _, due in self.begun]


class World:
    def __init__(self):
        self.clock, self.invocations = Clock(), Invocations()
        self.schedules = Schedules(self.clock, self.invocations)

    def call(self, action, **members):
        """What the service answers."""
        given = {"ClientToken": "0", **members} if action == "DeleteSchedule" else members
        call = Call("scheduler", action, "key", "eu-west-1", "rest-json", given)
        return self.schedules.service.answer(call, ACCOUNT, None)

    def put(self, action="CreateSchedule", **changed):
        given = {
            "Name": "daily",
            "ScheduleExpression": "cron(0 2 * * ? *)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": f"{PREFIX}createProcessingJob", "RoleArn": ROLE, "Input": "{}"},
        }
        return self.call(action, **(given | changed))

    def at(self, moment):
        """As time passes: somebody looks all the while, then."""
        self.clock.shown = moment
        self.schedules.watch()


@pytest.fixture
def world():
    return World()


def test_what_is_due_is_begun_once_however_often_somebody_looks(world):
    world.put()
    for hour in (1, 2, 2, 3):
        world.at(BEGIN + timedelta(hours=hour))
        world.at(BEGIN + timedelta(hours=hour))
    assert world.invocations.begun == [("daily", BEGIN + timedelta(hours=2))]


def test_a_rate_without_a_start_date_begins_at_once(world):
    world.put(ScheduleExpression="rate(1 day)")
    world.at(BEGIN + timedelta(seconds=1))
    world.at(BEGIN + DAY)
    assert world.invocations.due == [BEGIN, BEGIN + DAY]


def test_a_disabled_schedule_does_nothing_and_does_not_catch_up(world):
    world.put()
    world.put("UpdateSchedule", State="DISABLED")
    world.at(BEGIN + DAY)
    world.put("UpdateSchedule", State="ENABLED")
    world.at(BEGIN + DAY + timedelta(hours=1))
    assert world.invocations.begun == []
    world.at(BEGIN + DAY + timedelta(hours=2))
    assert world.invocations.due == [BEGIN + DAY + timedelta(hours=2)]


def test_of_what_nobody_looked_at_for_days_the_last_time_alone_is_carried_out(world):
    world.put()
    world.at(BEGIN + 3 * DAY)
    assert world.invocations.due == [BEGIN + 2 * DAY + timedelta(hours=2)]


def test_a_clock_that_is_set_carries_out_nothing_that_lies_between(world):
    world.put()
    world.schedules.set(BEGIN + 30 * DAY)
    world.schedules.watch()
    assert world.invocations.begun == []


def test_a_clock_that_is_set_back_leaves_the_schedules_due_at_its_times(world):
    world.put()
    world.put(Name="often", ScheduleExpression="rate(12 hours)")
    world.schedules.set(BEGIN - 365 * DAY)
    world.at(BEGIN - 364 * DAY)
    assert sorted(world.invocations.begun) == [
        ("daily", BEGIN - 365 * DAY + timedelta(hours=2)),
        ("often", BEGIN - 364 * DAY),
    ]


def test_time_that_runs_stops_at_each_due_time_of_any_schedule(world):
    world.put()
    world.put(Name="often", ScheduleExpression="cron(0 12,23 * * ? *)")
    until, stops = BEGIN + DAY, []
    while not stops or stops[-1] < until:
        stops.append(world.schedules.go_on(until))
    assert stops == [BEGIN + timedelta(hours=hours) for hours in (2, 12, 23, 24)]
    assert world.invocations.begun == [
        ("daily", stops[0]),
        ("often", stops[1]),
        ("often", stops[2]),
    ]


@given(
    st.lists(
        st.sampled_from(
            [
                "rate(7 hours)",
                "rate(1 day)",
                "cron(0 2 * * ? *)",
                "cron(30 */5 ? * TUE,FRI *)",
                "cron(0 0 L * ? *)",
            ]
        ),
        min_size=1,
        max_size=3,
    ),
    st.timedeltas(timedelta(minutes=1), 40 * DAY),
)
def test_time_that_runs_carries_out_every_due_time_of_every_schedule_once_and_in_order(expressions, span):
    world, until = World(), BEGIN + span
    for number, text in enumerate(expressions):
        world.put(Name=f"s{number}", ScheduleExpression=text)
    while world.schedules.go_on(until) < until:
        pass
    expected = sorted(
        (at, f"s{number}")
        for number, text in enumerate(expressions)
        for at in due(parse(text), after=BEGIN - MOMENT, until=until, begin=BEGIN, end=None)
    )
    assert [(at, name) for name, at in world.invocations.begun] == expected


def test_a_schedule_is_due_from_its_start_date_on_and_no_later_than_its_end_date(world):
    start, end = BEGIN + 2 * DAY, BEGIN + 4 * DAY
    world.put(StartDate=start.timestamp(), EndDate=end.timestamp())
    world.put(
        Name="often", ScheduleExpression="rate(1 day)", StartDate=start.timestamp(), EndDate=end.timestamp()
    )
    while world.schedules.go_on(BEGIN + 9 * DAY) < BEGIN + 9 * DAY:
        pass
    assert sorted(world.invocations.begun) == [
        *(("daily", start + days * DAY + timedelta(hours=2)) for days in (0, 1)),
        *(("often", start + days * DAY) for days in (0, 1, 2)),
    ]


def test_a_clock_that_is_set_back_to_before_a_start_date_is_not_due_before_it(world):
    world.put(ScheduleExpression="rate(1 day)", StartDate=BEGIN.timestamp())
    world.schedules.set(BEGIN - 30 * DAY)
    while world.schedules.go_on(BEGIN + DAY) < BEGIN + DAY:
        pass
    assert world.invocations.due == [BEGIN, BEGIN + DAY]


def test_a_deleted_schedule_is_due_no_more(world):
    world.put()
    world.call("DeleteSchedule", Name="daily")
    world.at(BEGIN + DAY)
    assert world.invocations.begun == []
    with pytest.raises(RefusedError, match=r"Schedule daily does not exist\."):
        world.call("GetSchedule", Name="daily")


def test_a_schedule_is_made_once_and_a_repeated_call_is_the_same_one(world):
    first = world.put(ClientToken="a")
    assert world.put(ClientToken="a").body == first.body
    with pytest.raises(RefusedError, match=r"already exists") as refused:
        world.put(ClientToken="b")
    assert (refused.value.code, refused.value.status) == ("ConflictException", 409)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"ScheduleExpression": "every day"}, "Invalid Schedule Expression every day"),
        ({"ScheduleExpressionTimezone": "Europe/Vienna"}, "Europe/Vienna"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}}, "FLEXIBLE"),
        ({"GroupName": "others"}, "others"),
        ({"ActionAfterCompletion": "DELETE"}, "DELETE"),
        ({"StartDate": 1_364_800_000, "EndDate": 1_364_800_000}, "StartDate you specify is not before"),
        ({"Target": {"Arn": "arn:aws:sqs:eu-west-1:111111111111:q", "RoleArn": ROLE}}, "not arn:aws:sqs"),
        (
            {
                "Target": {
                    "Arn": f"{PREFIX}createProcessingJob",
                    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/refused",
                }
            },
            "may not",
        ),
    ],
)
def test_what_could_not_be_carried_out_is_refused_and_leaves_what_was_there(world, changed, why):
    with pytest.raises(RefusedError, match=why):
        world.put(**changed)
    world.put()
    with pytest.raises(RefusedError, match=why):
        world.put("UpdateSchedule", **changed)
    world.at(BEGIN + timedelta(hours=2))
    assert world.invocations.due == [BEGIN + timedelta(hours=2)]
