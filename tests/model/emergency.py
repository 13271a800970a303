"""A move without the journal in the search: the very code of production, run again up to its next call in every state.

It is no pure decision, so what its calls were answered is kept, and replayed.
"""

from collections.abc import Iterator, Mapping

import msgspec

from modeldelivery.release.core.action import Timing
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.errors import BusyError, DeliveryError, LostError
from modeldelivery.release.operations import unrecorded
from modeldelivery.release.operations.unrecorded import Unrecorded
from modeldelivery.release.version import Version
from tests.model.host import replace, reweighed
from tests.model.reports import emergency_done
from tests.model.world import Actor, World

Trace = tuple[tuple[object, float], ...]
PATIENCE = 1_000.0  # seconds; longer than any search lasts


class Call(msgspec.Struct, frozen=True):
    """The next call: "describe", "mark", "move" or "sleep", and what it asks for."""

    kind: str
    argument: object = None


class NextCallError(Exception):
    """The trace ends here."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.call = call


class Replay:
    """Traffic, Clock and Progress that answer as they did, and stop at the first call that was not made yet."""

    def __init__(self, trace: Trace, clock: float) -> None:
        self._trace, self._clock = trace, clock
        self._made = 0

    @property
    def timing(self) -> Timing:
        return Timing()

    def describe(self) -> Endpoint | None:
        answer = self._answer(Call("describe"))
        assert answer is None or isinstance(answer, Endpoint)
        return answer

    def move(self, weights: Weights, *, token: str, operation: str) -> str:  # noqa: ARG002 - SageMaker takes neither
        self._answer(Call("move", tuple(weights.items())))
        return "receipt"

    def mark(self, text: str) -> None:
        self._answer(Call("mark", text))

    def sleep(self, seconds: float) -> None:
        self._answer(Call("sleep", seconds))

    def monotonic(self) -> float:
        """When the next call was made: whatever time passed since the last one, it passed before this was read."""
        return self._trace[self._made][1] if self._made < len(self._trace) else self._clock

    def scale(self, version: Version, instances: int, weights: Mapping[Version, float]) -> str:  # noqa: ARG002 - as above
        raise AssertionError("an emergency move scales nothing")

    def marked(self) -> str | None:
        raise AssertionError("an emergency move reads no tag")

    def owner(self) -> str | None:
        raise AssertionError("an emergency move asks for no journal")

    def unmark(self) -> None:
        raise AssertionError("an emergency move takes no tag away")

    def note(self, sentence: str) -> None:
        """Nobody reads along."""

    def waiting(self, why: str, seconds: float) -> None:
        """Nobody reads along."""

    def _answer(self, call: Call) -> object:
        if self._made == len(self._trace):
            raise NextCallError(call)
        answer = self._trace[self._made][0]
        self._made += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


def next_call(goal: Unrecorded, trace: Trace, clock: float) -> Call | None:
    """What it asks for next; None when it has ended well. Raises DeliveryError as the operation does."""
    ports = Replay(trace, clock)
    try:
        unrecorded.move(goal, ports, ports, ports, PATIENCE)
    except NextCallError as stopped:
        return stopped.call
    return None


def steps(world: World, index: int, actor: Actor, goal: Unrecorded) -> Iterator[tuple[str, World]]:
    """What it may do next; asleep, nothing until some time has passed."""
    name = actor.name
    if world.faults.crashes and actor.trace:
        yield f"{name} is killed", world.having(index, actor.ended("crashed"), faults=world.spent("crashes"))
    try:
        call = next_call(goal, actor.trace, world.clock)
    except DeliveryError as error:
        yield f"{name} gives up: {error}", world.having(index, actor.ended("refused"))
        return
    if call is None:
        yield f"{name}: all goes to {goal.to}, without the journal", emergency_done(world, index, actor, goal)
        return
    match call.kind:
        case "describe":
            yield f"{name} describes", _answered(world, index, actor, world.host.described())
        case "mark":
            tagged = replace(world, host=replace(world.host, tag=str(call.argument)))
            yield f"{name} tags the endpoint", _answered(tagged, index, actor, None)
        case "sleep" if world.clock > actor.trace[-1][1]:
            yield f"{name} looks again", _answered(world, index, actor, None)
        case "move":
            yield from _moves(world, index, actor, call)


def _moves(world: World, index: int, actor: Actor, call: Call) -> Iterator[tuple[str, World]]:
    assert isinstance(call.argument, tuple)
    ways = reweighed(world.host, dict(call.argument))
    if not ways:
        busy = BusyError("the endpoint is changing")
        yield f"{actor.name}'s call is refused", _answered(world, index, actor, busy)
    for host in ways:
        after = replace(world, host=host, foreign_moved=True)
        yield f"{actor.name}'s call is taken", _answered(after, index, actor, None)
        if world.faults.lost:
            unsure = replace(after, faults=world.spent("lost"))
            yield (
                f"{actor.name}'s call is taken, answer lost",
                _answered(unsure, index, actor, LostError("no answer")),
            )


def _answered(world: World, index: int, actor: Actor, answer: object) -> World:
    trace = (*actor.trace, (answer, world.clock))
    return world.having(index, replace(actor, trace=trace, started=True))
