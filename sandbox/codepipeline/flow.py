"""What happens next in a pipeline: the executions, where each of them is, and what follows from an event.

A pipeline of mode QUEUED carries one execution at a time through each of its stages, in the order in which they began; while
one is in a later stage the next may be in an earlier one. None is dropped. A stage that failed lets the next one in, and
may be retried for as long as no other execution entered it since.
Sources: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html, stage-retry.html,
pipelines-stop.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Literal

RetryMode = Literal["FAILED_ACTIONS", "ALL_ACTIONS"]
Status = Literal["InProgress", "Stopping", "Stopped", "Succeeded", "Failed"]
_AUTOMATIC = 1  # retries that onFailure RETRY makes


class Ended(Enum):
    """What became of an action that was begun and is over."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ABANDONED = "Abandoned"


@dataclass(frozen=True)
class Stage:
    """A stage.

    Attributes:
        name: of the stage.
        orders: run order by action.
        retry: what onFailure RETRY does again; None where it is not set.
    """

    name: str
    orders: Mapping[str, int]
    retry: RetryMode | None = None


Plan = tuple[Stage, ...]


@dataclass(frozen=True)
class Execution:
    """One execution.

    Attributes:
        plan: the pipeline's stages when it began.
        stage: number of the stage that it is in, or waits for; past the last when it succeeded.
        inside: whether it is in that stage, or was when it ended.
        actions: of that stage, those that were begun; None while they run.
        retries: made of that stage by onFailure.
        stop: someone asked for a stop.
        over: whether nothing more happens in it, unless it is retried.
    """

    plan: Plan
    stage: int = 0
    inside: bool = False
    actions: Mapping[str, Ended | None] = field(default_factory=dict)
    retries: int = 0
    stop: bool = False
    over: bool = False

    @property
    def status(self) -> Status:
        """PipelineExecutionStatus."""
        if not self.over:
            return "Stopping" if self.stop else "InProgress"
        if self.stage == len(self.plan):
            return "Succeeded"
        failed = Ended.FAILED in self.actions.values()
        return "Failed" if failed and not self.stop else "Stopped"

    @property
    def place(self) -> str:
        """Name of the stage that it is in or waits for; "" past the last."""
        return self.plan[self.stage].name if self.stage < len(self.plan) else ""

    @property
    def running(self) -> list[str]:
        """Actions that run."""
        return [name for name, ended in self.actions.items() if ended is None]


@dataclass(frozen=True)
class Begin:
    """An act: this action is to be begun."""

    execution: str
    stage: str
    action: str


# The executions by id, in the order in which they began.
State = Mapping[str, Execution]


class FlowError(ValueError):
    """What cannot be done with an execution as it is; a sentence."""


def push(state: State, identity: str, plan: Plan) -> State:
    """A new execution waits for the first stage."""
    assert identity not in state
    return {**state, identity: Execution(plan)}


def advance(state: State) -> tuple[State, list[Begin]]:
    """Everything that follows by itself: executions enter, leave and retry stages; what is to be begun, as begun."""
    acts: list[Begin] = []
    while step := _step(state):
        identity, execution, begun = step
        state = {**state, identity: execution}
        acts += [Begin(identity, execution.place, action) for action in begun]
    return state, acts


def end(state: State, identity: str, action: str, ended: Ended) -> State:
    """An action is over; what was abandoned meanwhile stays so."""
    execution = state[identity]
    if execution.actions.get(action, ended) is not None:
        return state
    return {**state, identity: replace(execution, actions={**execution.actions, action: ended})}


def stop(state: State, identity: str, *, abandon: bool) -> State:
    """Someone asks for a stop: what runs ends by itself, or is abandoned; raises FlowError."""
    execution = state[identity]
    if execution.over:
        raise FlowError(f"the execution {identity} is {execution.status}, so there is nothing to stop")
    actions = {
        name: Ended.ABANDONED if abandon and ended is None else ended
        for name, ended in execution.actions.items()
    }
    return {**state, identity: replace(execution, actions=actions, stop=True)}


def retry(state: State, identity: str, stage: str, mode: RetryMode) -> State:
    """Someone retries the stage in which an execution failed or was stopped; raises FlowError."""
    execution = state[identity]
    if not execution.over or execution.place != stage or not execution.inside:
        raise FlowError(
            f"the stage {stage} did not fail in the execution {identity}, which is {execution.status}"
        )
    if latest(state, stage) != identity:
        raise FlowError(f"another execution has entered the stage {stage} since: {latest(state, stage)}")
    return {**state, identity: _again(execution, mode)}


def latest(state: State, stage: str) -> str | None:
    """The execution that entered a stage last."""
    entered = [identity for identity, each in state.items() if _entered(each, stage)]
    return entered[-1] if entered else None


def status_of(execution: Execution, stage: str) -> Status | None:
    """What became of an execution in a stage; None where it never entered it."""
    if not _entered(execution, stage):
        return None
    if execution.place != stage:
        return "Succeeded"
    return execution.status


def _entered(execution: Execution, stage: str) -> bool:
    names = [each.name for each in execution.plan]
    if stage not in names:
        return False
    number = names.index(stage)
    return execution.stage > number or (execution.stage == number and execution.inside)


def _step(state: State) -> tuple[str, Execution, list[str]] | None:
    """The next thing that follows by itself: whose, as what, and the actions that it begins."""
    ahead: list[Execution] = []  # those that began earlier
    for identity, execution in state.items():
        if not execution.over and (changed := _next(execution, ahead)):
            return identity, *changed
        ahead.append(execution)
    return None


def _next(execution: Execution, ahead: list[Execution]) -> tuple[Execution, list[str]] | None:
    if not execution.inside:
        if execution.stop:
            return replace(execution, over=True), []
        if any(_is_before(other, execution.place) for other in ahead):
            return None
        return replace(execution, inside=True, actions={}, retries=0), []
    if execution.running:
        return None
    if Ended.FAILED in execution.actions.values() or Ended.ABANDONED in execution.actions.values():
        mode = execution.plan[execution.stage].retry
        if mode and not execution.stop and execution.retries < _AUTOMATIC:
            return replace(_again(execution, mode), retries=execution.retries + 1), []
        return replace(execution, over=True), []
    waiting = list(_waiting(execution))
    if waiting and execution.stop:
        return replace(execution, over=True), []
    if waiting:
        return replace(execution, actions={**execution.actions, **dict.fromkeys(waiting)}), waiting
    return _left(execution), []


def _is_before(other: Execution, stage: str) -> bool:
    """Whether an earlier execution is in a stage, or has yet to come to it: nobody overtakes it."""
    names = [each.name for each in other.plan]
    return not other.over and stage in names and other.stage <= names.index(stage)


def _waiting(execution: Execution) -> Iterator[str]:
    """The actions of the first run order that was not begun."""
    orders = {n: o for n, o in execution.plan[execution.stage].orders.items() if n not in execution.actions}
    return (name for name, order in orders.items() if order == min(orders.values()))


def _left(execution: Execution) -> Execution:
    """It leaves a stage whose actions all succeeded."""
    stage = execution.stage + 1
    over = stage == len(execution.plan) or execution.stop
    return replace(execution, stage=stage, inside=False, actions={}, retries=0, over=over)


def _again(execution: Execution, mode: RetryMode) -> Execution:
    """The stage is to run again: all of it, or what did not succeed."""
    kept = {name: ended for name, ended in execution.actions.items() if ended is Ended.SUCCEEDED}
    return replace(execution, actions=kept if mode == "FAILED_ACTIONS" else {}, stop=False, over=False)
