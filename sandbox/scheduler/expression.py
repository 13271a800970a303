"""When a schedule is due: `rate(1 day)`, `cron(0 2 * * ? *)`, `at(2013-04-08T00:00:00)`. Pure, in UTC.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sandbox.scheduler import cron
from sandbox.scheduler.cron import Cron, CronError

_RATE = re.compile(r"rate\(([1-9]\d{0,4}) (minute|hour|day)s?\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_MOMENT = timedelta(microseconds=1)


class ExpressionError(ValueError):
    """A text that is no schedule, or none that the sandbox carries out; a sentence."""


class Expression(Protocol):
    """What a schedule's text says."""

    @property
    def recurs(self) -> bool:
        """Whether it may be due more than once."""
        ...

    def after(self, moment: datetime, begin: datetime) -> datetime | None:
        """The first due time later than a moment; None when there is none any more.

        Args:
            moment: UTC.
            begin: when the schedule begins, UTC: its StartDate, else when it was made.
        """


@dataclass(frozen=True)
class Rate:
    """Every so often from the beginning on, which is due itself: "your schedule starts invoking the target immediately"."""

    period: timedelta
    recurs: bool = True

    def after(self, moment: datetime, begin: datetime) -> datetime | None:
        """As `Expression`."""
        if moment < begin:
            return begin
        return begin + ((moment - begin) // self.period + 1) * self.period


@dataclass(frozen=True)
class Recurring:
    """By a table of minutes, hours, days, months and years."""

    cron: Cron
    recurs: bool = True

    def after(self, moment: datetime, begin: datetime) -> datetime | None:
        """As `Expression`."""
        return self.cron.after(max(moment, begin - _MOMENT))


@dataclass(frozen=True)
class Once:
    """At one time: "EventBridge Scheduler ignores StartDate for one-time schedules"."""

    at: datetime
    recurs: bool = False

    def after(self, moment: datetime, begin: datetime) -> datetime | None:
        """As `Expression`."""
        del begin
        return self.at if moment < self.at else None


def parse(text: str) -> Expression:
    """Read a ScheduleExpression. Raises ExpressionError."""
    if rate := _RATE.fullmatch(text):
        return Rate(timedelta(**{f"{rate[2]}s": int(rate[1])}))
    if once := _AT.fullmatch(text):
        try:
            return Once(datetime.fromisoformat(once[1]).replace(tzinfo=UTC))
        except ValueError as error:
            raise ExpressionError(f"{text}: {error}") from None
    if text.startswith("cron(") and text.endswith(")"):
        try:
            return Recurring(cron.parse(text[5:-1]))
        except CronError as error:
            raise ExpressionError(f"{text}: {error}") from None
    raise ExpressionError(
        f"Invalid Schedule Expression {text}: write rate(1 day), cron(0 2 * * ? *) or at(2013-04-08T00:00:00)"
    )


def due(
    expression: Expression, *, after: datetime, until: datetime, begin: datetime, end: datetime | None
) -> Iterator[datetime]:
    """Every due time later than `after` and no later than `until`, in order.

    Args:
        expression: of the schedule.
        after: UTC.
        until: UTC.
        begin: as `Expression.after`.
        end: EndDate, which one-time schedules ignore; None for none.
    """
    last = until if end is None or not expression.recurs else min(until, end)
    moment = expression.after(after, begin)
    while moment is not None and moment <= last:
        yield moment
        moment = expression.after(moment, begin)
