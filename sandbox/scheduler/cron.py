"""The six fields of AWS's cron: minutes hours day-of-month month day-of-week year. Pure.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
"""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEK = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_FIELDS = ("minutes", "hours", "day-of-month", "month", "day-of-week", "year")
_NTH = re.compile(r"(\w+)#([1-5])")
_LAST = re.compile(r"(\w+)L")


class CronError(ValueError):
    """Six fields that mean no times; which one, and what is allowed."""


@dataclass(frozen=True)
class Days:
    """The days of a month that a field names.

    Attributes:
        dates: days of the month, 1 to 31.
        weekdays: days of the week, Sunday 1.
        nth: a day of the week and which one of it in the month.
        last: the last day of the month (0), or its last one of a day of the week.
    """

    dates: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    nth: tuple[int, int] | None = None
    last: int | None = None

    def of(self, year: int, month: int) -> list[int]:
        """Which days of that month, in order."""
        length = calendar.monthrange(year, month)[1]
        return [day for day in range(1, length + 1) if self._has(year, month, day, length)]

    def _has(self, year: int, month: int, day: int, length: int) -> bool:
        weekday = (calendar.weekday(year, month, day) + 1) % 7 + 1
        return (
            day in self.dates
            or weekday in self.weekdays
            or self.nth == (weekday, (day - 1) // 7 + 1)
            or (self.last == 0 and day == length)
            or (self.last == weekday and day + 7 > length)
        )


@dataclass(frozen=True)
class Cron:
    """What six fields say; minutes, hours, months and years in order."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: Days
    months: tuple[int, ...]
    years: tuple[int, ...]

    def after(self, moment: datetime) -> datetime | None:
        """The first whole minute later than a moment (UTC) that they name; None when there is none any more."""
        earliest = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for year in self.years:
            for month in self.months:
                if (year, month) < (earliest.year, earliest.month):
                    continue
                for day in self.days.of(year, month):
                    if (year, month, day) < (earliest.year, earliest.month, earliest.day):
                        continue
                    for hour in self.hours:
                        for minute in self.minutes:
                            at = datetime(year, month, day, hour, minute, tzinfo=UTC)
                            if at >= earliest:
                                return at
        return None


def parse(text: str) -> Cron:
    """Read six fields. Raises CronError."""
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise CronError(f"{len(fields)} fields; write {' '.join(_FIELDS)}")
    minutes, hours, dates, months, weekdays, years = (field.upper() for field in fields)
    if (dates == "?") == (weekdays == "?"):
        raise CronError("exactly one of day-of-month and day-of-week is ?")
    return Cron(
        _numbers("minutes", minutes, 0, 59),
        _numbers("hours", hours, 0, 23),
        _dates(dates) if weekdays == "?" else _weekdays(weekdays),
        _numbers("month", months, 1, 12, _MONTHS),
        _numbers("year", years, 1970, 2199),
    )


def _dates(text: str) -> Days:
    if text == "L":
        return Days(last=0)
    if text.endswith("W"):
        raise CronError(f"day-of-month {text}: the sandbox knows no nearest weekday (W)")
    return Days(dates=frozenset(_numbers("day-of-month", text, 1, 31)))


def _weekdays(text: str) -> Days:
    if nth := _NTH.fullmatch(text):
        (weekday,) = _numbers("day-of-week", nth[1], 1, 7, _WEEK)
        return Days(nth=(weekday, int(nth[2])))
    if last := _LAST.fullmatch(text):
        (weekday,) = _numbers("day-of-week", last[1], 1, 7, _WEEK)
        return Days(last=weekday)
    if text == "L":
        return Days(weekdays=frozenset({_WEEK["SAT"]}))
    return Days(weekdays=frozenset(_numbers("day-of-week", text, 1, 7, _WEEK)))


def _numbers(
    field: str, text: str, least: int, most: int, names: Mapping[str, int] | None = None
) -> tuple[int, ...]:
    """Of a list of numbers, ranges and steps."""

    def number(one: str) -> int:
        value = (names or {}).get(one) or (int(one) if one.isdecimal() else None)
        if value is None or not least <= value <= most:
            raise CronError(f"{field} {text}: {one!r} is none of {least} to {most}")
        return value

    chosen: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isdecimal() and int(step)):
            raise CronError(f"{field} {text}: a step is a whole number, 1 or more")
        if span == "*":
            first, last = least, most
        elif "-" in span:
            first, last = (number(each) for each in span.split("-", 1))
        else:
            first = number(span)
            last = most if slash else first
        if last < first:
            raise CronError(f"{field} {text}: {span} ends before it begins")
        chosen.update(range(first, last + 1, int(step) if slash else 1))
    return tuple(sorted(chosen))
