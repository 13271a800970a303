"""`sandbox clock`: look at the clock of schedules and metrics, set it, or let time pass from due time to due time."""

import argparse
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from modeldelivery.terminal import program
from sandbox.home import Home, SandboxError
from sandbox.scheduler.paths import PATH, RUN, SET

# What a route answers; with a body, which is sent.
Ask = Callable[[Home, str, object], Any]
_LOOK = 0.2  # seconds between looks at what was started


def add(parser: argparse.ArgumentParser, ask: Ask) -> None:
    """Its commands; without one it shows what the clock shows."""
    parser.set_defaults(run=lambda place, _: _say(ask(place, PATH, None)))
    commands = parser.add_subparsers(metavar="COMMAND")

    def command(name: str, run: Callable[..., None], text: str, *, moment: bool) -> None:
        added = commands.add_parser(name, help=text, description=text)
        if moment:
            added.add_argument("moment", type=_moment, metavar="TIME", help="YYYY-MM-DD[THH:MM], UTC")
        added.set_defaults(run=lambda place, options: run(place, options, ask))

    command(
        "set",
        _set,
        "show another time from now on; no schedule is carried out for what lies between",
        moment=True,
    )
    command(
        "run",
        _run,
        "let time pass until then, from due time to due time, and wait at each for the end of what it started",
        moment=True,
    )
    command("real", _real, "show the machine's time again", moment=False)


def _set(place: Home, options: argparse.Namespace, ask: Ask) -> None:
    _say(ask(place, SET, {"moment": options.moment.isoformat()}))


def _real(place: Home, _: argparse.Namespace, ask: Ask) -> None:
    _say(ask(place, SET, {"moment": None}))


def _run(place: Home, options: argparse.Namespace, ask: Ask) -> None:
    shows = ask(place, PATH, None)["now"]
    if datetime.fromisoformat(shows) > options.moment:
        raise SandboxError(f"time does not run back: it is {shows}. `sandbox clock set` shows another time")
    for line in run(lambda path, body: ask(place, path, body), options.moment):
        program.say(line)


def run(
    ask: Callable[[str, object], Any], until: datetime, pause: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """Let time pass; a line for each due time, once what it started has ended.

    The clock goes on meanwhile: what becomes due while a job runs is started beside it, as on AWS, and is not waited for. Otherwise a
    schedule that is due more often than its job ends would never let time pass.

    Args:
        ask: answers a route, given its path and its body.
        until: UTC.
        pause: waits so many seconds.
    """
    told = _last(ask(PATH, None))
    while True:
        shown = ask(RUN, {"until": until.isoformat()})
        begun = _last(shown)
        while any(number <= begun for number in shown["under_way"]):
            pause(_LOOK)
            shown = ask(PATH, None)
        yield from (_line(each) for each in shown["invocations"] if each["number"] > told)
        told = _last(shown)
        if datetime.fromisoformat(shown["now"]) >= until:
            return


def _last(shown: dict[str, Any]) -> int:
    return max((each["number"] for each in shown["invocations"]), default=0)


def _line(invocation: dict[str, Any]) -> str:
    started = invocation["started"]
    outcome = f"started {started.rpartition(':')[2]}" if started else f"refused: {invocation['error']}"
    return f"{invocation['due']}  {invocation['schedule']}  {outcome}"


def _say(shown: dict[str, Any]) -> None:
    own = "" if shown["moved"] else ", the machine's own"
    program.say(f"{shown['now']}{own}")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write YYYY-MM-DD or YYYY-MM-DDTHH:MM, UTC") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
