"""Carry a drill out: rollbacks there and back while requests are sent, and what callers noticed of each."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from modeldelivery.release.core import drill, drill_figures
from modeldelivery.release.core.action import Action, Done, View, Write
from modeldelivery.release.core.drill import Command, Ending, Step
from modeldelivery.release.core.drill_figures import Span
from modeldelivery.release.core.journal import Drill, DrillMove, Journal
from modeldelivery.release.core.probes import Request
from modeldelivery.release.errors import DeliveryError, RefusedError
from modeldelivery.release.naming import variant_name
from modeldelivery.release.runner import Runner
from modeldelivery.release.stream_ports import Sending
from modeldelivery.release.verify_ports import Invocations
from modeldelivery.release.version import Version

WATCHED = 1.0  # seconds for which requests go on after a rollback is done, and before the first one
INTERRUPTED = "interrupted"
LOST = "requests were lost, or answered by the version left after “done”"
_HOME = "home"


class Rollbacks:
    """Those of a drill in time, and what was noticed of each until the next was requested, so that no request is of none."""

    def __init__(self, requests: Sending) -> None:
        self._requests = requests
        self._requested: list[float] = []
        self.spans: list[Span] = []

    def requests_one(self, now: float) -> float:
        """The next is requested; when."""
        self._requested.append(now)
        return now

    def measured(self) -> tuple[DrillMove, ...]:
        ends = [*self._requested[1:], float("inf")]
        answers = self._requests.settled()
        return tuple(
            drill_figures.measured(msgspec.structs.replace(span, until=end), answers)
            for span, end in zip(self.spans, ends, strict=False)
        )


class Drilling(msgspec.Struct, frozen=True, kw_only=True):
    """One drill.

    Attributes:
        command: what was asked for.
        runner: carries each of its acts out.
    """

    command: Command
    runner: Runner

    def end_earlier(self) -> Drill | None:
        """Take what a killed drill left back to where that began, and end it; that drill, None where there was none.

        Raises:
            DeliveryError: it cannot be done, and why.
        """
        self._run(drill.turn)
        left = drill.under_way(self._journal())
        if left is None:
            return None
        self.runner.progress.note(f"ending the drill of {left.actor}, which was killed: back to {left.home}")
        why = f"its process ended before it; ended by {self.command.actor}"
        if self._is_away(left):
            self._come_home(left, f"{_HOME}-{self.command.operation}")
        self._end(Ending(drill=left.operation, why=why))
        return left

    def begin(self) -> Drill:
        """Write the drill into the journal, with what stands before it. Raises what `drill.begin` does."""
        self._run(partial(drill.begin, self.command))
        return self._stored()

    def ends(self) -> tuple[Version, Version]:
        """The version that serves and the fallback. Raises what `drill.begin` does; nothing is written."""
        ends: list[tuple[Version, Version]] = []

        def look(view: View) -> Action:
            action = drill.begin(self.command, view)
            if not isinstance(action, Write):
                return action
            begun = action.journal.drill
            assert begun is not None, "it begins with this write"
            ends.append((begun.home, begun.away))
            return Done("looked")

        self._run(look)
        return ends[-1]

    def rehearse(self, began: Drill) -> None:
        """One round and the end, without a request."""
        for number, to in enumerate((began.away, began.home)):
            step = Step(drill=began.operation, name=str(number), actor=self.command.actor, to=to)
            self._run(partial(drill.move, step), step.operation)
        self._end(Ending(drill=began.operation))

    def measure(self, requests: Sending) -> Drill:
        """All rounds, and the end; one that ends early says why.

        Raises:
            DeliveryError: what it moved could not be taken back. It is not over.
        """
        began = self._stored()
        rollbacks = Rollbacks(requests)
        why = ""
        try:
            self._watch()
            for number in range(2 * self.command.rounds):
                to = began.away if number % 2 == 0 else began.home
                move = self._moved(rollbacks, to)
                if move.lost or move.late:
                    why = LOST
                    break
        except DeliveryError as error:
            why = error.message
        except KeyboardInterrupt:
            why = INTERRUPTED
        # Before requests to a version that hangs are waited for: that takes a minute.
        if why and self._is_away(began):
            rollbacks.requests_one(self.runner.clock.monotonic())
            self._come_home(began, _HOME)
        self._end(Ending(drill=began.operation, moves=rollbacks.measured(), why=why))
        return self._stored()

    def _moved(self, rollbacks: "Rollbacks", to: Version) -> DrillMove:
        """One rollback, and what was noticed of it until the next may begin. Raises RefusedError where no request was sent."""
        clock, number = self.runner.clock, len(rollbacks.spans)
        step = Step(
            drill=self.command.operation,
            name=str(number),
            actor=self.command.actor,
            to=to,
            moves=rollbacks.measured(),
        )
        requested = rollbacks.requests_one(clock.monotonic())
        self._run(partial(drill.move, step), step.operation)
        done = clock.monotonic()
        self._watch()
        until = clock.monotonic()
        rollbacks.spans.append(
            Span(to=to, variant=variant_name(to), requested=requested, done=done, until=until)
        )
        move = rollbacks.measured()[-1]
        if not move.requests:
            raise RefusedError(f"no request was sent while traffic went to {to}: nothing was measured")
        self.runner.progress.note(
            f"round {number // 2 + 1} of {self.command.rounds}, to {to}: last wrong answer after {move.wrong:.2f} s, done after "
            f"{move.done:.2f} s, {move.lost} of {move.requests} requests lost"
        )
        return move

    def _come_home(self, left: Drill, name: str) -> None:
        """Give the version that served before its traffic back, unless somebody else decides meanwhile: that stands.

        Raises:
            DeliveryError: it cannot be done, and why.
        """
        step = Step(drill=left.operation, name=name, actor=self.command.actor, to=left.home)
        try:
            self._run(partial(drill.move, step), step.operation)
        except RefusedError:
            if self._is_away(left):
                raise

    def _is_away(self, left: Drill) -> bool:
        journal = self._journal()
        under_way = drill.under_way(journal)
        return (
            under_way is not None and under_way.operation == left.operation and drill.is_away(journal, left)
        )

    def _end(self, ending: Ending) -> None:
        self._run(partial(drill.end, ending))

    def _stored(self) -> Drill:
        stored = self._journal().drill
        if stored is None or stored.operation != self.command.operation:
            raise RefusedError(
                "the journal no longer knows this drill: it was put back from a copy meanwhile"
            )
        return stored

    def _journal(self) -> Journal:
        """As the runner reads it, which asks again where it gets no answer."""
        read: list[Journal] = []

        def look(view: View) -> Action:
            read.append(view.journal)
            return Done("read")

        self._run(look)
        return read[-1]

    def _watch(self) -> None:
        self.runner.clock.sleep(WATCHED)

    def _run(self, decide: Callable[[View], Action], operation: str = "") -> None:
        runner = self.runner
        if operation:
            runner = msgspec.structs.replace(runner, operation=operation)
        runner.run(decide)


def refuse_unanswered(
    invocations: Invocations, requests: Sequence[Request], versions: Sequence[Version]
) -> None:
    """Raises RefusedError unless each version answers each request: else what is lost would not be the rollbacks' doing."""
    for version in versions:
        for request in requests:
            answer = invocations.invoke(version, request)
            if answer.status not in drill_figures.OK:
                words = answer.body.decode(errors="replace")
                raise RefusedError(
                    f"{version} {f'answers {answer.status}' if answer.status else 'does not answer'} to what the drill would send "
                    f"({words}), before anything was moved",
                    hint=f"`modelctl verify --version {version}` says what it does otherwise",
                )
