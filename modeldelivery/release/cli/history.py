"""`modelctl history`: who decided what, when and why."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import History as HistoryOptions
from modeldelivery.release.cli.outcome import Shown
from modeldelivery.release.core import lost, weights
from modeldelivery.release.core.journal import Event, EventKind, Journal
from modeldelivery.release.version import Version
from modeldelivery.terminal.tables import Table

_MOST_CALLS = 5  # that are shown one by one; a drill makes many


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One event.

    Attributes:
        by: who, as they say.
        source, target: weights before and after.
        caller: who, as AWS knows them: the ARN that STS told; None when it did not in time.
        calls: request ids of the calls that made the change, as CloudTrail has them.
    """

    at: datetime
    kind: EventKind
    by: str
    reason: str
    operation: str
    source: dict[Version, int]
    target: dict[Version, int]
    caller: str | None
    calls: tuple[str, ...]


def run(context: Context, options: HistoryOptions) -> Shown:
    """Newest first. Raises UnreachableError, LostError, DamagedError."""
    journal = context.store.read().journal
    if journal == Journal() and context.traffic.describe():
        lost.refuse(journal, context.traffic.owner())
    events = journal.history[::-1][: options.limit]
    lines = tuple(_line(event) for event in events)
    rows = [row for line in lines for row in _rows(line)]
    table = Table(headings=("when", "what", "weights", "who", "why"), rows=rows)
    return Shown(document=lines, parts=(table if rows else "nothing was decided yet",))


def _line(event: Event) -> Line:
    return Line(
        at=datetime.fromtimestamp(int(event.at), UTC),
        kind=event.kind,
        by=event.actor,
        reason=event.reason,
        operation=event.operation,
        source=event.source,
        target=event.target,
        caller=event.caller,
        calls=event.calls,
    )


def _rows(line: Line) -> Iterator[tuple[str, ...]]:
    """Who did it as they say, as AWS says, and what to look for in CloudTrail, each in a row of its own."""
    yield f"{line.at:%Y-%m-%d %H:%M:%SZ}", line.kind.value, _change(line), line.by, line.reason
    calls = [f"request {call}" for call in line.calls]
    if len(calls) > _MOST_CALLS:
        calls = [f"{len(calls)} requests (--json names them)"]
    who = (*([line.caller] if line.caller else []), *calls)
    yield from (("", "", "", each, "") for each in who)


def _change(line: Line) -> str:
    before, after = _weights(line.source), _weights(line.target)
    return after if before == after else f"{before} → {after}"


def _weights(shares: dict[Version, int]) -> str:
    return " ".join(f"{v}:{w}" for v, w in weights.traffic(shares).items()) or "none"
