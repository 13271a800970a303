"""What callers notice of rollbacks: how long the version that traffic was taken from goes on answering, and what is lost."""

import math
from collections.abc import Sequence

import msgspec

from modeldelivery.release.core.journal import Drill, DrillMove
from modeldelivery.release.version import Version

OK = range(200, 300)


class Answer(msgspec.Struct, frozen=True):
    """What became of one request. Times are of a clock that only runs forward, in seconds.

    Attributes:
        started: when it was sent.
        ended: when its answer was there, or when it was given up.
        status: of HTTP; 0 where there was no answer.
        variant: who answered, as the platform says; empty where it does not.
    """

    started: float
    ended: float
    status: int
    variant: str = ""


class Calm(msgspec.Struct, frozen=True):
    """From the moment a rollback reported that it was done until the next one was requested: `variant` alone serves."""

    variant: str
    since: float
    until: float


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One rollback in time: when it was requested, when it reported done, and when the next one was requested.

    `variant` is that of the version that it went to.
    """

    to: Version
    variant: str
    requested: float
    done: float
    until: float

    @property
    def calm(self) -> Calm:
        return Calm(self.variant, self.done, self.until)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of all moves of a drill; seconds. Each percentile is a value that was measured (the nearest rank)."""

    p50: float
    p99: float
    max: float


def lost(answers: Sequence[Answer]) -> list[Answer]:
    """Requests that were not answered with a status of 2xx."""
    return [answer for answer in answers if answer.status not in OK]


def sent_in(answers: Sequence[Answer], calm: Calm) -> list[Answer]:
    """Requests that were sent within it."""
    return [answer for answer in answers if calm.since < answer.started < calm.until]


def astray(answers: Sequence[Answer], calm: Calm) -> list[Answer]:
    """Answers of another version to requests that were sent after a rollback away from it was done."""
    return [answer for answer in sent_in(answers, calm) if answer.variant and answer.variant != calm.variant]


def measured(span: Span, answers: Sequence[Answer]) -> DrillMove:
    """What the answers say of one rollback.

    A request belongs to it that was sent from when it was requested until the next one was. An answer is wrong that is not of
    the version that it went to: before traffic has moved every answer is, so the last of them tells how long callers had
    to do with the version that they were to be taken from.
    """
    own = [answer for answer in answers if span.requested <= answer.started < span.until]
    wrong = [answer.ended for answer in own if answer.variant and answer.variant != span.variant]
    return DrillMove(
        to=span.to,
        wrong=round(max(wrong, default=span.requested) - span.requested, 3),
        done=round(span.done - span.requested, 3),
        requests=len(own),
        lost=len(lost(own)),
        late=len(astray(answers, span.calm)),
    )


def figures(seconds: Sequence[float]) -> Figures:
    """Of at least one value."""
    ordered = sorted(seconds)

    def rank(share: float) -> float:
        return ordered[math.ceil(share * len(ordered)) - 1]

    return Figures(p50=rank(0.5), p99=rank(0.99), max=ordered[-1])


def passed(drill: Drill) -> bool:
    """Whether it came to its last round, no request was lost, and no version answered after a rollback away from it was done."""
    return not drill.why and not any(move.lost or move.late for move in drill.moves)


def told(drill: Drill) -> str:
    """What it measured, as words of a sentence."""
    moves = drill.moves
    if not moves:
        return "nothing was measured"
    requests, gone = sum(move.requests for move in moves), sum(move.lost for move in moves)
    late = sum(move.late for move in moves)
    wrong = figures([move.wrong for move in moves])
    after_done = f", {late} answered by the version left after “done”" if late else ""
    return (
        f"{len(moves)} rollbacks, last wrong answer after {wrong.p50:.2f} s (p50), {wrong.p99:.2f} s (p99), "
        f"{wrong.max:.2f} s (max); {gone} of {requests} requests lost{after_done}"
    )
