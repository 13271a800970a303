"""`modelctl drill`: rollbacks tried under load, and what callers notice of them."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Drill as DrillOptions
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.cli.project import protects
from modeldelivery.release.core import drill_figures
from modeldelivery.release.core.drill import Command
from modeldelivery.release.core.drill_figures import Figures
from modeldelivery.release.core.journal import Drill, DrillMove
from modeldelivery.release.core.probes import Request
from modeldelivery.release.errors import Exit, RefusedError
from modeldelivery.release.operations.approve import registered
from modeldelivery.release.operations.drill import INTERRUPTED, LOST, Drilling, refuse_unanswered
from modeldelivery.release.operations.verify_probes import probes_for, requests
from modeldelivery.release.samples import read_samples


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` adds; seconds count from when a rollback was requested.

    Attributes:
        moves: each rollback, two a round.
        wrong: until the last answer of the version left, over all of them; None where nothing was measured.
        done: until it was reported as done.
    """

    drill: str
    home: str
    away: str
    moves: tuple[DrillMove, ...]
    wrong: Figures | None
    done: Figures | None
    requests: int
    lost: int
    late: int


def run(context: Context, options: DrillOptions) -> Outcome:
    """Raises RefusedError and everything else that happens before anything is recorded, or that keeps it from its end."""
    if not options.end and options.anyway is None:
        _refuse_protected(options)
    reason = options.reason if options.anyway is None else f"{options.reason} (anyway: {options.anyway})"
    drilling = Drilling(
        command=Command(
            operation=context.operation,
            actor=context.actor,
            reason=reason,
            rounds=options.rounds,
            rate=options.rate,
        ),
        runner=context.runner(),
    )
    earlier = drilling.end_earlier()
    if options.end:
        return _ended(earlier)
    sent = _requests(context, drilling, options.samples)
    if context.calls is not None:
        return _rehearsed(context, drilling)
    assert context.streams is not None
    drilling.begin()
    with context.streams(sent, options.rate) as sending:
        latest = drilling.measure(sending)
    return _outcome(context, latest)


def unfinished(context: Context, why: str) -> Outcome:
    """The end of a drill that is in the journal and did not come to its end."""
    named = f"--env {context.place.environment} --model {context.place.model}"
    return Outcome(
        outcome="not moved",
        exit=Exit.NOT_MOVED,
        summary=f"the drill is not at its end, and another version may serve than did before. {why[:1].upper()}{why[1:]}",
        operation=context.operation,
        next=(f"modelctl drill --end {named}", f"modelctl status {named}"),
    )


def _refuse_protected(options: DrillOptions) -> None:
    """Raises RefusedError: callers of such an environment would be answered by two versions in turn, unless the stack says otherwise."""
    protected = protects(options.env, Path.cwd())
    if protected is False:
        return
    why = (
        f"{options.env} protects what it holds (Pulumi.{options.env}.yaml, model-delivery:protect)"
        if protected
        else f"whether {options.env} protects what it holds is not known here: no Pulumi.{options.env}.yaml says `protect`"
    )
    raise RefusedError(
        f"{why}, so its callers may be real, and a drill has two versions answer them in turn",
        hint='`--anyway "…"` says why that may be',
    )


def _requests(context: Context, drilling: Drilling, samples: Path | None) -> Sequence[Request]:
    """What is sent: requests that both versions answer. Raises RefusedError, DamagedError."""
    assert context.verifying is not None
    home, away = drilling.ends()
    if samples:
        sent = _read(samples)
    else:
        record = registered(context.registry, context.place, home)
        sent = requests(probes_for(context.registry, record))
    refuse_unanswered(context.verifying().invocations, sent, (home, away))
    return sent


def _read(samples: Path) -> tuple[Request, ...]:
    try:
        file = read_samples(samples.read_bytes(), f"--samples {samples}")
    except OSError as error:
        raise RefusedError(f"--samples {samples}: {error.strerror}") from error
    return tuple(
        Request(body=each.data, content_type=each.content_type, accept=each.accept or "")
        for each in file.samples
        if each.status is None
    )


def _rehearsed(context: Context, drilling: Drilling) -> Outcome:
    began = drilling.begin()
    drilling.rehearse(began)
    return Outcome(
        outcome="done",
        exit=Exit.DONE,
        summary=f"{began.rounds} rounds from {began.home} to {began.away} and back; one of them is listed",
        operation=context.operation,
    )


def _ended(earlier: Drill | None) -> Outcome:
    if earlier is None:
        return Outcome(outcome="already", exit=Exit.DONE, summary="no drill is to be ended")
    return Outcome(
        outcome="done",
        exit=Exit.DONE,
        summary=f"the drill of {earlier.actor} is ended: what was decided before it stands, and {earlier.home} serves",
    )


def _outcome(context: Context, latest: Drill) -> Outcome:
    ended = Outcome(
        outcome="done",
        exit=Exit.DONE,
        summary=f"{latest.home} ⇄ {latest.away}: {drill_figures.told(latest)}",
        operation=context.operation,
        detail=_detail(latest),
    )
    if not latest.why:
        return ended
    if latest.why == INTERRUPTED:
        return msgspec.structs.replace(
            ended,
            outcome="interrupted",
            exit=Exit.INTERRUPTED,
            summary=f"interrupted, and back: {ended.summary}",
        )
    failed = latest.why == LOST
    return msgspec.structs.replace(
        ended,
        outcome="failed" if failed else "refused",
        exit=Exit.UNHEALTHY if failed else Exit.REFUSED,
        summary=f"the drill ended early: {latest.why}. {ended.summary}",
        hint=f"`modelctl status --env {context.place.environment} --check`",
    )


def _detail(latest: Drill) -> Detail:
    moves = latest.moves
    return Detail(
        drill=latest.operation,
        home=latest.home,
        away=latest.away,
        moves=moves,
        wrong=drill_figures.figures([move.wrong for move in moves]) if moves else None,
        done=drill_figures.figures([move.done for move in moves]) if moves else None,
        requests=sum(move.requests for move in moves),
        lost=sum(move.lost for move in moves),
        late=sum(move.late for move in moves),
    )
