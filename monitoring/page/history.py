"""The journal's history as changes of the weights."""

from collections.abc import Sequence
from datetime import UTC, datetime

from modeldelivery.release.core.journal import EventKind, Journal
from monitoring.page.subject import Change

_MOVES = frozenset(
    {
        EventKind.CREATE,
        EventKind.FLEET,
        EventKind.UP,
        EventKind.ROLLBACK,
        EventKind.ADOPT,
        EventKind.WITHDRAWN,
    }
)


def changes(journal: Journal) -> Sequence[Change]:
    """Oldest first; what moved nothing (a verdict, an intent that was not carried out) is none."""
    return [
        Change(
            at=datetime.fromtimestamp(event.at, UTC),
            what=event.kind.value,
            by=event.actor,
            reason=event.reason,
            weights=event.target,
        )
        for event in journal.history
        if event.kind in _MOVES and event.target
    ]
