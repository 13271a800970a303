"""The calls of EventBridge Scheduler, and which schedules are due.

A clock that is moved by `set` carries nothing out that lay between, as a schedule that was disabled meanwhile does not. Where the
sandbox did not look for a while (a machine that slept), of several times that were due the last one is carried out.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from sandbox.accounts import REGION
from sandbox.clock import WorldClock
from sandbox.json_service import Action, JsonService, reads
from sandbox.refusal import RefusedError
from sandbox.scheduler import requests as r
from sandbox.scheduler import target
from sandbox.scheduler.expression import Expression, ExpressionError, due, parse
from sandbox.scheduler.invocations import Invocations

_LOG = logging.getLogger(__name__)
_MOMENT = timedelta(microseconds=1)


@dataclass
class Schedule:
    """A schedule of an account.

    Attributes:
        account: whose.
        given: as it was put last.
        expression: what its text says.
        created: by the world's clock, UTC.
        modified: likewise.
        begun: from when on it recurs, unless it has a StartDate: when it was made, or the clock was moved to before that.
        carried: up to when its due times were carried out, or passed over.
    """

    account: str
    given: r.PutSchedule
    expression: Expression
    created: datetime
    modified: datetime
    begun: datetime = field(init=False)
    carried: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.begun, self.carried = self.created, self.created - _MOMENT

    @property
    def arn(self) -> str:
        return f"arn:aws:scheduler:{REGION}:{self.account}:schedule/default/{self.given.name}"

    def due(self, until: datetime) -> Iterator[datetime]:
        """Its times that were not carried out yet, no later than `until`, in order; none while it is disabled."""
        if self.given.state == "DISABLED":
            return iter(())
        begin, end = _moment(self.given.start_date) or self.begun, _moment(self.given.end_date)
        return due(self.expression, after=self.carried, until=until, begin=begin, end=end)

    def pass_over(self, moment: datetime) -> None:
        """The clock shows this time now, whatever lies between."""
        self.begun, self.carried = min(self.begun, moment), moment


class Schedules:
    """The schedules of all accounts."""

    def __init__(self, clock: WorldClock, invocations: Invocations) -> None:
        self._clock, self.invocations = clock, invocations
        self._schedules: dict[tuple[str, str], Schedule] = {}
        self._tokens: dict[tuple[str, str], str] = {}  # ARNs by account and ClientToken
        self._lock = threading.RLock()
        self.service = JsonService("scheduler", self._actions(), self._lock)

    def _actions(self) -> Mapping[str, Action]:
        return {
            "CreateSchedule": reads(r.PutSchedule, self._create),
            "UpdateSchedule": reads(r.PutSchedule, self._update),
            "GetSchedule": reads(r.Named, lambda account, given: _shown(self._find(account, given.name))),
            "DeleteSchedule": reads(r.DeleteSchedule, self._delete),
            "ListSchedules": reads(r.ListSchedules, self._list),
        }

    def watch(self) -> None:
        """Carry out what is due; called often."""
        with self._lock:
            moment = self._clock.now()
            for schedule in self._schedules.values():
                times = list(schedule.due(moment))
                schedule.carried = max(schedule.carried, moment)
                if len(times) > 1:
                    _LOG.warning("schedule %s: %d due times were missed", schedule.given.name, len(times) - 1)
                for at in times[-1:]:
                    self.invocations.begin(
                        schedule.account, schedule.given.name, schedule.arn, at, schedule.given.target
                    )

    def set(self, moment: datetime | None) -> None:
        """Move the clock; nothing that lies between is carried out."""
        with self._lock:
            self._clock.set(moment)
            for schedule in self._schedules.values():
                schedule.pass_over(self._clock.now())

    def go_on(self, until: datetime) -> datetime:
        """Let time pass up to the next due time, or to `until` where there is none before; what is due there is carried out.

        Returns:
            Where the clock is now, UTC.
        """
        with self._lock:
            moments = [next(each.due(until), None) for each in self._schedules.values()]
            moment = min((at for at in moments if at is not None), default=until)
            if moment > self._clock.now():
                self._clock.set(moment)
            self.watch()
            return self._clock.now()

    def _create(self, account: str, request: r.PutSchedule) -> dict[str, Any]:
        token = (account, request.client_token or "")
        if request.client_token and token in self._tokens:
            return {"ScheduleArn": self._tokens[token]}
        if (account, request.name) in self._schedules:
            raise RefusedError(f"Schedule {request.name} already exists.", "ConflictException", 409)
        expression = self._check(account, request)
        moment = self._clock.now()
        made = self._schedules[account, request.name] = Schedule(account, request, expression, moment, moment)
        self._tokens[token] = made.arn
        return {"ScheduleArn": made.arn}

    def _update(self, account: str, request: r.PutSchedule) -> dict[str, Any]:
        schedule = self._find(account, request.name)
        schedule.expression = self._check(account, request)
        schedule.given, schedule.modified = request, self._clock.now()
        return {"ScheduleArn": schedule.arn}

    def _check(self, account: str, request: r.PutSchedule) -> Expression:
        """Refuse what could not be carried out."""
        try:
            target.check(request.target.arn, request.target.input)
            expression = parse(request.schedule_expression)
        except (target.TargetError, ExpressionError) as error:
            raise RefusedError(str(error)) from None
        if request.start_date and request.end_date and request.start_date >= request.end_date:
            raise RefusedError("The StartDate you specify is not before the EndDate.")
        self.invocations.check(account, request.target.role_arn)
        return expression

    def _delete(self, account: str, request: r.DeleteSchedule) -> dict[str, Any]:
        self._find(account, request.name)
        del self._schedules[account, request.name]
        return {}

    def _list(self, account: str, request: r.ListSchedules) -> dict[str, Any]:
        listed = [
            schedule
            for (owner, name), schedule in self._schedules.items()
            if owner == account
            and name.startswith(request.name_prefix)
            and request.state in {None, schedule.given.state}
        ]
        return {"Schedules": [_summary(each) for each in listed]}

    def _find(self, account: str, name: str) -> Schedule:
        schedule = self._schedules.get((account, name))
        if schedule is None:
            raise RefusedError(f"Schedule {name} does not exist.", "ResourceNotFoundException", 404)
        return schedule


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _shown(schedule: Schedule) -> dict[str, Any]:
    """What GetSchedule answers."""
    given: dict[str, Any] = msgspec.to_builtins(schedule.given)
    kept = {name: value for name, value in given.items() if value is not None and name != "ClientToken"}
    return {**kept, **_dates(schedule)}


def _summary(schedule: Schedule) -> dict[str, Any]:
    given = schedule.given
    return {
        "Name": given.name,
        "GroupName": given.group_name,
        "State": given.state,
        "Target": {"Arn": given.target.arn},
        **_dates(schedule),
    }


def _dates(schedule: Schedule) -> dict[str, Any]:
    return {
        "Arn": schedule.arn,
        "CreationDate": schedule.created.timestamp(),
        "LastModificationDate": schedule.modified.timestamp(),
    }
