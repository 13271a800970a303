"""`sandbox clock`: what it shows, and how time passes from due time to due time."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.clock import WorldClock
from sandbox.scheduler.cli import run
from sandbox.scheduler.clock import ClockRoutes
from sandbox.scheduler.invocations import Invocation
from sandbox.scheduler.paths import PATH, RUN, SET

UNTIL = datetime(2013, 4, 10, tzinfo=UTC)


def invocation(number, due, started=None, error=""):
    return {"number": number, "due": due, "schedule": "daily", "started": started, "error": error}


class Sandbox:
    """Answers as a sandbox in which two times are due, and the first job takes two looks."""

    def __init__(self):
        self.invocations = [invocation(7, "2013-04-01T02:00:00Z", started="arn:earlier")]
        self.now, self.looks, self.paused = "2013-04-08T00:00:00Z", 0, 0

    def ask(self, path, body):
        if path == RUN:
            assert body == {"until": UNTIL.isoformat()}
            self._next()
        elif self.looks:
            self.looks -= 1
        return {
            "now": self.now,
            "moved": True,
            "under_way": [8] if self.looks else [],
            "invocations": list(self.invocations),
        }

    def _next(self):
        match len(self.invocations):
            case 1:
                self.now, self.looks = "2013-04-08T02:00:00Z", 2
                started = "arn:aws:sagemaker:eu-west-1:1:processing-job/drift-0"
                self.invocations.append(invocation(8, self.now, started=started))
            case 2:
                self.now = "2013-04-09T02:00:00Z"
                self.invocations.append(invocation(9, self.now, error="not allowed"))
            case _:
                self.now = "2013-04-10T00:00:00Z"

    def pause(self, seconds):
        assert seconds > 0
        self.paused += 1


def test_time_passes_to_each_due_time_and_waits_for_what_it_started():
    sandbox = Sandbox()
    lines = list(run(sandbox.ask, UNTIL, sandbox.pause))
    assert lines == [
        "2013-04-08T02:00:00Z  daily  started processing-job/drift-0",
        "2013-04-09T02:00:00Z  daily  refused: not allowed",
    ]
    assert sandbox.paused == 2


class Often:
    """A sandbox in which a job of ten looks is due at each look: one is always under way."""

    def __init__(self):
        self.minute, self.started = 0, {}

    def ask(self, path, body):
        if path == RUN:
            assert datetime.fromisoformat(body["until"]) >= self.now, "time does not run back"
        self.minute += 1
        self.started[self.minute] = self.minute
        return {
            "now": self.now.isoformat(),
            "moved": True,
            "under_way": [number for number, begun in self.started.items() if self.minute < begun + 10],
            "invocations": [invocation(number, f"minute {number}", "arn:job") for number in self.started],
        }

    @property
    def now(self):
        return UNTIL - timedelta(minutes=25) + timedelta(minutes=self.minute)


def test_a_schedule_that_is_due_more_often_than_its_job_ends_does_not_stop_time():
    sandbox, pauses = Often(), []

    def pause(seconds):
        pauses.append(seconds)
        assert len(pauses) < 100, "it waits for ever"

    lines = list(run(sandbox.ask, UNTIL, pause))
    assert len(lines) == len(set(lines)) == sandbox.minute - 1  # the first was there before
    assert sandbox.now >= UNTIL
    assert 20 <= len(pauses) <= 30


class Schedules:
    """Keeps what is wanted of it."""

    def __init__(self, clock):
        self.clock, self.invocations, self.wanted = clock, self, []
        self.kept = [Invocation(1, "111111111111", "daily", UNTIL, 2, None, "not allowed")]

    def set(self, moment):
        self.wanted.append(moment)
        self.clock.set(moment)

    def go_on(self, until):
        self.set(until)

    def listed(self):
        return self.kept

    def under_way(self):
        return self.kept


@pytest.fixture
def schedules():
    return Schedules(WorldClock())


def routes(schedules):
    return ClockRoutes(schedules, schedules.clock).routes


def test_a_clock_that_nobody_moved_is_the_machines(schedules):
    shown = routes(schedules)["GET", PATH]({})
    assert shown["moved"] is False
    assert abs(datetime.fromisoformat(shown["now"]) - datetime.now(UTC)).total_seconds() < 5
    assert shown["under_way"] == [1]
    assert shown["invocations"] == [
        {
            "number": 1,
            "account": "111111111111",
            "schedule": "daily",
            "due": "2013-04-10T00:00:00Z",
            "attempts": 2,
            "started": None,
            "error": "not allowed",
        }
    ]


def test_it_is_set_and_set_back(schedules):
    shown = routes(schedules)["POST", SET]({"moment": "2013-04-10"})
    assert (shown["now"], shown["moved"]) == ("2013-04-10T00:00:00Z", True)
    assert routes(schedules)["POST", SET]({"moment": None})["moved"] is False
    assert schedules.wanted == [UNTIL, None]


def test_it_runs_forward_alone(schedules):
    routes(schedules)["POST", SET]({"moment": "2013-04-10"})
    assert routes(schedules)["POST", RUN]({"until": "2013-04-11T00:00"})["now"] == "2013-04-11T00:00:00Z"
    with pytest.raises(ValueError, match="time does not run back: it is 2013-04-11"):
        routes(schedules)["POST", RUN]({"until": "2013-04-10"})
