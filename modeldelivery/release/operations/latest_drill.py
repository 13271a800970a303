"""The latest drill as status, a review and an exporter tell of it."""

from datetime import UTC, datetime
from typing import Literal

import msgspec

from modeldelivery.release.core import drill, drill_figures
from modeldelivery.release.core.drill_figures import Figures
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.version import Version

Standing = Literal["passed", "failed", "old", "never"]
_DAY = 86_400.0  # seconds


class LatestDrill(msgspec.Struct, frozen=True, kw_only=True):
    """Rollbacks that were tried from `home` to `away` and back.

    Attributes:
        by: who, as they say.
        at: when it ended; of one that did not, when it began.
        open: it is under way, or was killed: `modelctl drill --end`.
        rollbacks: that were measured, two a round.
        wrong: seconds from the request of a rollback until the last answer of the version left; None where none was measured.
        requests, lost, late: that were sent, not answered with 2xx, and answered by the version left after a rollback was done.
        passed: it came to its last round, with nothing lost and nothing late.
        why: it ended before its last round; empty where it did not.
    """

    by: str
    at: datetime
    open: bool
    home: Version
    away: Version
    rollbacks: int
    wrong: Figures | None
    requests: int
    lost: int
    late: int
    passed: bool
    why: str


def latest_drill(journal: Journal) -> LatestDrill | None:
    """None where there was none, or where the latest came to nothing that can be told: somebody decided during it and it was killed."""
    latest = journal.drill
    if latest is None:
        return None
    is_open = drill.under_way(journal) is not None
    if latest.ended is None and not is_open:
        return None
    moves = latest.moves
    return LatestDrill(
        by=latest.actor,
        at=datetime.fromtimestamp(int(latest.since if latest.ended is None else latest.ended), UTC),
        open=is_open,
        home=latest.home,
        away=latest.away,
        rollbacks=len(moves),
        wrong=drill_figures.figures([move.wrong for move in moves]) if moves else None,
        requests=sum(move.requests for move in moves),
        lost=sum(move.lost for move in moves),
        late=sum(move.late for move in moves),
        passed=bool(moves) and not is_open and drill_figures.passed(latest),
        why=latest.why,
    )


def standing(journal: Journal, within_days: int, now: float) -> Standing:
    """The latest drill beside what is demanded, in a word that is the same until something changes."""
    latest = latest_drill(journal)
    if latest is None or latest.open:
        return "never"
    if now - latest.at.timestamp() > within_days * _DAY:
        return "old"
    return "passed" if latest.passed else "failed"


def told(latest: LatestDrill) -> str:
    """In a sentence without its time."""
    if latest.open:
        return (
            f"{latest.home} ⇄ {latest.away} by {latest.by}, not at its end: were it killed, `modelctl drill --end` gives "
            f"{latest.home} its traffic back"
        )
    if latest.wrong is None:
        return f"{latest.home} ⇄ {latest.away} by {latest.by}: nothing was measured{_early(latest)}"
    late = f", {latest.late} answered by the version left after “done”" if latest.late else ""
    return (
        f"{latest.home} ⇄ {latest.away} by {latest.by}: {latest.rollbacks} rollbacks, last wrong answer after {latest.wrong.p50:.2f} s "
        f"(p50), {latest.wrong.max:.2f} s at most, {latest.lost} of {latest.requests} requests lost{late}{_early(latest)}"
    )


def _early(latest: LatestDrill) -> str:
    return f"; it ended early: {latest.why}" if latest.why else ""
