"""`modelctl history`: who decided what, when and why."""

import argparse
from datetime import UTC, datetime

import msgspec

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.outcome import Shown
from modeldelivery.release.core import weights
from modeldelivery.release.core.journal import Event, EventKind
from modeldelivery.release.version import Version
from modeldelivery.terminal.tables import Table


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One event; `source` and `target` are weights before and after."""

    at: datetime
    kind: EventKind
    by: str
    reason: str
    operation: str
    source: dict[Version, int]
    target: dict[Version, int]


def run(context: Context, options: argparse.Namespace) -> Shown:
    """Newest first. Raises UnreachableError, LostError."""
    events = context.store.read().journal.history[::-1][: options.limit]
    lines = tuple(_line(event) for event in events)
    rows = [
        (f"{line.at:%Y-%m-%d %H:%M:%SZ}", line.kind.value, _change(line), line.by, line.reason)
        for line in lines
    ]
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
    )


def _change(line: Line) -> str:
    before, after = _weights(line.source), _weights(line.target)
    return after if before == after else f"{before} → {after}"


def _weights(seen: dict[Version, int]) -> str:
    return " ".join(f"{v}:{w}" for v, w in weights.traffic(seen).items()) or "none"
