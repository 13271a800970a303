"""A drill: rollbacks from the version that serves to the fallback and back, by `core.rollback` itself, in one line of history.

The way there is a rollback that rejects nothing yet: a plain one by anybody meanwhile stays there and rejects what served
before, which is what it would have done without the drill. The way back gives that version its traffic again. When it is over,
what was decided before stands, and since when which version serves is as it was.
"""

import msgspec

from modeldelivery.release.core import drill_figures, history, lost, rollback, unrecorded, weights
from modeldelivery.release.core.action import Action, Ask, Done, Question, View, Wait, Write
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.fitness import refuse_unfit
from modeldelivery.release.core.intent import moves_nothing, refuse_broken
from modeldelivery.release.core.journal import (
    Drill,
    DrillMove,
    Event,
    EventKind,
    Intent,
    IntentKind,
    Journal,
    Verdict,
)
from modeldelivery.release.core.resolve import rejected_sentence
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.version import Version


class OvertakenError(RefusedError):
    """Somebody else decided while a drill was under way: that stands, and the drill is over."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator asks for.

    Attributes:
        operation: id of this run.
        actor: who.
        reason: why, for whoever reads it later.
        rounds: there and back so many times.
        rate: requests a second meanwhile.
    """

    operation: str
    actor: str
    reason: str
    rounds: int
    rate: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One rollback of a drill.

    Attributes:
        drill: the drill's operation.
        name: of the step within it.
        actor: who makes it.
        to: where it goes.
        moves: that were measured before it.
    """

    drill: str
    name: str
    actor: str
    to: Version
    moves: tuple[DrillMove, ...] = ()

    @property
    def operation(self) -> str:
        return f"{self.drill}{_PART}{self.name}"


_PART = "-"  # between a drill's operation and the name of a step of it


def under_way(journal: Journal) -> Drill | None:
    """The drill that is not over: its own moves are what the weights come from, or nothing was moved yet."""
    drill = journal.drill
    if drill is None or drill.ended is not None:
        return None
    return None if overtaken_by(journal, drill) else drill


def overtaken_by(journal: Journal, drill: Drill) -> Event | Intent | None:
    """What somebody else decided, or is carrying out, since the drill began; what moves no traffic is no decision."""
    intent, decision = journal.intent, journal.decision
    moves = intent is not None and intent.kind is not IntentKind.CREATE and not moves_nothing(intent)
    if intent and moves and not _is_of(intent, drill):
        return intent
    if decision is not None and decision != drill.decision and not _is_of(decision, drill):
        return decision
    return None


def is_away(journal: Journal, drill: Drill) -> bool:
    """Whether the version that served before it does not have all traffic again, or one of its moves is under way."""
    moves = journal.intent is not None and _is_of(journal.intent, drill)
    return moves or weights.whole_version(journal.weights) != drill.home


def last_sign(journal: Journal, drill: Drill) -> float:
    """When the drill's process last was known to live, by the store's clock."""
    own = [event.at for event in (journal.decision, *journal.history) if event and _is_of(event, drill)]
    deadline = journal.intent.deadline if journal.intent and _is_of(journal.intent, drill) else 0.0
    return max(drill.since, deadline, *own)


def turn(view: View) -> Action:
    """Wait until no other drill gives a sign of life, so that what is left of a killed one can be ended.

    Raises:
        RefusedError: there is no endpoint.
        DamagedError: the journal is gone.
    """
    journal, endpoint = view.journal, view.endpoint
    if endpoint is None:
        raise RefusedError("there is no endpoint, so there is nothing to drill", hint="`pulumi up` makes one")
    if lost.must_ask(view):
        return Ask(Question.OWNER)
    lost.refuse(journal, view.answers.get(Question.OWNER))
    other = under_way(journal)
    if other is None:
        return Done("no drill is under way")
    until = last_sign(journal, other) + view.timing.lease
    if endpoint.busy or view.now <= until:
        return Wait("another operation may still act", until)
    return Done(f"the drill of {other.actor} was not ended")


def begin(command: Command, view: View) -> Action:
    """The next act of the beginning of a drill. It moves no traffic.

    Raises:
        RefusedError: it would not show what a rollback does, or be in somebody's way; with what to do.
        BrokenError: the endpoint takes no weights.
    """
    journal, endpoint = view.journal, view.endpoint
    if journal.drill and journal.drill.operation == command.operation:
        return Done("the drill began")
    assert endpoint is not None, "it was there a moment ago"
    if journal.place is not None:
        raise RefusedError(
            "a drill sends its requests by SageMaker's InvokeEndpoint, and this environment is on a cluster",
            hint="`modelctl rollback --keep --reason …` there and `--to … --keep` back, beside a load of your own",
        )
    refuse_broken(endpoint)
    if Question.MARK not in view.answers:
        return Ask(Question.MARK)
    unrecorded.refuse(view.mark)
    if journal.intent:
        raise RefusedError(
            f"{journal.intent.actor} is at work ({journal.intent.kind}: {journal.intent.reason})",
            hint="`modelctl status` says when that is over; then the same command again",
        )
    if endpoint.busy:
        raise RefusedError(f"the endpoint is {endpoint.word}", hint="wait until it is ready")
    if under_way(journal):
        raise RefusedError("another drill began meanwhile", hint="the same command again, after it")
    home, away = _ends(journal, endpoint)
    drill = Drill(
        operation=command.operation,
        actor=command.actor,
        reason=command.reason,
        since=view.now,
        home=home,
        away=away,
        rounds=command.rounds,
        rate=command.rate,
        decision=journal.decision,
        served=journal.served,
    )
    return Write(msgspec.structs.replace(journal, drill=drill))


def _ends(journal: Journal, endpoint: Endpoint) -> tuple[Version, Version]:
    """The version that serves and the fallback. Raises RefusedError where a drill between two would lie."""
    if not history.explained(journal, endpoint):
        raise RefusedError(
            "traffic was moved by someone else (neither the journal nor a rollback explains it)",
            hint="`modelctl adopt --reason …` records it as decided; then the same command again",
        )
    home = weights.whole_version(endpoint.current)
    if home is None:
        raise RefusedError(
            f"traffic is split ({weights.shown(weights.shares(endpoint.current))}), and a drill gives all of it back to one "
            "version",
            hint="drill before a version gets a part of the traffic, or after it has all of it",
        )
    rejection = journal.rejection(home)
    if rejection:
        raise RefusedError(
            f"{rejected_sentence(home, rejection)}, and it serves: nothing could give it its traffic back",
            hint="`modelctl rollback --reason …`",
        )
    away = history.fallback(journal, endpoint)
    if away is None or away not in endpoint.variants:
        raise RefusedError(
            f"a drill takes two versions that have carried everything, and beside {home} the endpoint has "
            f"{'none' if away is None else f'no {away}'}",
            hint="let another version serve first (release.live), and keep both in release.fleet",
        )
    refuse_unfit(away, journal, endpoint)
    return home, away


def move(step: Step, view: View) -> Action:
    """The next act of one rollback of a drill: `rollback.decide`'s, whose intent is marked as the drill's.

    Raises:
        OvertakenError: somebody else decided since; that stands.
        RefusedError, BrokenError, DamagedError: as `rollback.decide`.
    """
    journal = view.journal
    is_new = not any(_is_own(step, each) for each in (journal.intent, journal.decision, *journal.history))
    if is_new:
        drill = _refuse_overtaken(step, view)
        if journal.intent and not _is_of(journal.intent, drill):
            return Wait("endpoint is changing")
    command = rollback.Rollback(
        operation=step.operation, actor=step.actor, reason=_reason(journal.drill), to=step.to, keep=True
    )
    action = rollback.decide(command, view)
    if not isinstance(action, Write):
        return action
    return Write(_marked(step, action.journal))


def _refuse_overtaken(step: Step, view: View) -> Drill:
    """The drill, which goes on. Raises OvertakenError."""
    journal, drill = view.journal, view.journal.drill
    if drill is None or drill.operation != step.drill or drill.ended is not None:
        raise OvertakenError("somebody ended this drill")
    other = overtaken_by(journal, drill)
    if other:
        raise OvertakenError(_stands(other))
    endpoint = view.endpoint
    if endpoint and not endpoint.busy and not history.explained(journal, endpoint):
        raise OvertakenError(
            "traffic was moved by someone else (neither the journal nor a rollback explains it): "
            "`modelctl adopt --reason …` records it as decided"
        )
    return drill


def _marked(step: Step, journal: Journal) -> Journal:
    """With the verdict of the way there or back, and without the lines of the drill's earlier moves, whose receipts are kept."""
    drill, intent = journal.drill, journal.intent
    assert drill is not None, "it was there when this step was opened, and nothing takes it away"
    if intent and _is_own(step, intent):
        verdict = Verdict.GIVES if step.to == drill.home else Verdict.KEEPS
        intent = msgspec.structs.replace(intent, verdict=verdict)
    cleared = _without_moves(msgspec.structs.replace(journal, intent=intent), drill, but=step.operation)
    assert cleared.drill is not None
    kept = max(step.moves, cleared.drill.moves, key=len)
    return msgspec.structs.replace(cleared, drill=msgspec.structs.replace(cleared.drill, moves=kept))


def _without_moves(journal: Journal, drill: Drill, but: str = "") -> Journal:
    """History without the lines of a drill's moves, one operation's aside; their receipts are kept with the drill."""
    gone = [event for event in journal.history if _is_of(event, drill) and event.operation != but]
    calls = (*drill.calls, *(call for event in gone for call in event.calls))
    left = tuple(event for event in journal.history if not any(event is each for each in gone))
    return msgspec.structs.replace(
        journal, history=left, drill=msgspec.structs.replace(drill, calls=tuple(dict.fromkeys(calls)))
    )


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a drill. `why` it ends before its last round, empty where it does not."""

    drill: str
    moves: tuple[DrillMove, ...] = ()
    why: str = ""


def end(ending: Ending, view: View) -> Action:
    """The next act of the end of a drill: the journal intends what it did before, and history has one line of it.

    Where somebody else decided meanwhile, that stands. It moves no traffic.

    Raises:
        RefusedError: the version that served before does not serve again.
    """
    journal, drill = view.journal, view.journal.drill
    if drill is None or drill.operation != ending.drill or drill.ended is not None:
        return Done("the drill is over")
    restored: dict[str, object] = {}
    moves, why = max(ending.moves, drill.moves, key=len), ending.why
    other = overtaken_by(journal, drill)
    if other:
        why = _stands(other)
        moves = tuple(
            move for move in moves if not move.late
        )  # the other's answers, and no fault of the drill's
    else:
        if is_away(journal, drill):
            raise RefusedError(f"the drill is not over: {_shown(journal)} in the place of {drill.home}")
        restored = {"decision": drill.decision, "served": drill.served}
    cleared = _without_moves(journal, drill)
    assert cleared.drill is not None
    closed = msgspec.structs.replace(
        cleared.drill,
        moves=moves,
        ended=view.now,
        why=why,
        calls=(),
        decision=None,
        served=(),
    )
    event = Event(
        operation=drill.operation,
        kind=EventKind.DRILL,
        at=view.now,
        actor=drill.actor,
        reason=_summary(closed),
        source=journal.weights,
        target=journal.weights,
        calls=cleared.drill.calls,
    )
    over = msgspec.structs.replace(cleared, drill=closed, **restored)
    return Write(over.with_event(event))


def _stands(other: Event | Intent) -> str:
    return f"{other.actor} decided ({other.kind}: {other.reason}), and that stands"


def _shown(journal: Journal) -> str:
    return f"{weights.shown(journal.weights) or 'nothing'} serves"


def _reason(drill: Drill | None) -> str:
    return f"drill: {drill.reason}" if drill else "drill"


def _summary(drill: Drill) -> str:
    early = f"; ended early: {drill.why}" if drill.why else ""
    return f"{drill.reason}: {drill.home} ⇄ {drill.away}, {drill_figures.told(drill)}{early}"


def _is_of(each: Event | Intent, drill: Drill) -> bool:
    """Whether it is a move of the drill."""
    return each.operation.startswith(drill.operation + _PART)


def _is_own(step: Step, each: Event | Intent | None) -> bool:
    return each is not None and each.operation == step.operation
