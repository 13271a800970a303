"""The routes by which the clock of schedules and metrics is looked at and moved (`sandbox clock`)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.clock import WorldClock
from sandbox.scheduler.invocations import Invocation
from sandbox.scheduler.paths import PATH, RUN, SET
from sandbox.scheduler.schedules import Schedules


class ClockRoutes:
    """Each answers what the clock shows then, and what schedules started."""

    def __init__(self, schedules: Schedules, clock: WorldClock) -> None:
        self._schedules, self._clock = schedules, clock

    @property
    def routes(self) -> Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Any]]:
        """By method and path."""
        return {("GET", PATH): lambda _: self._shown(), ("POST", SET): self._set, ("POST", RUN): self._run}

    def _set(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """To `moment`, or with null to the machine's; nothing that lies between is carried out."""
        self._schedules.set(None if given["moment"] is None else _read(given["moment"]))
        return self._shown()

    def _run(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Up to the next due time, or to `until` where there is none before."""
        until = _read(given["until"])
        if until < self._clock.now():
            raise ValueError(f"time does not run back: it is {_text(self._clock.now())}")
        self._schedules.go_on(until)
        return self._shown()

    def _shown(self) -> dict[str, Any]:
        invocations = self._schedules.invocations
        return {
            "now": _text(self._clock.now()),
            "moved": self._clock.moved,
            "under_way": [each.number for each in invocations.under_way()],
            "invocations": [_invocation(each) for each in invocations.listed()],
        }


def _read(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _invocation(each: Invocation) -> dict[str, Any]:
    arns = [value for name, value in (each.answer or {}).items() if name.endswith("Arn")]
    return {
        "number": each.number,
        "account": each.account,
        "schedule": each.schedule,
        "due": _text(each.due),
        "attempts": each.attempts,
        "started": arns[0] if arns else None,
        "error": each.error if each.answer is None else "",
    }
