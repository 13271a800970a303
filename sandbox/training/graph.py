"""Which steps of a pipeline run next: the graph, what has become of each step, and what follows from it.

A step waits for all that it needs. Those of a branch wait for their condition, and are never started when it goes the
other way; neither is what needs them. After a failure, or a stop, nothing is started: what runs goes on to its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from graphlib import CycleError, TopologicalSorter
from typing import Literal

Status = Literal["Executing", "Stopping", "Stopped", "Failed", "Succeeded"]


class Step(Enum):
    """What has become of a step that was started."""

    EXECUTING = "Executing"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"


@dataclass(frozen=True)
class Node:
    """A step's place.

    Attributes:
        needs: steps that must have succeeded.
        branch: the condition that it is under, and the outcome at which it runs.
    """

    needs: frozenset[str] = frozenset()
    branch: tuple[str, bool] | None = None

    def before(self) -> frozenset[str]:
        """All steps that must have ended."""
        return self.needs | ({self.branch[0]} if self.branch else frozenset())


Graph = Mapping[str, Node]


@dataclass(frozen=True)
class State:
    """What has become of an execution's steps.

    Attributes:
        steps: those that were started.
        outcomes: of conditions that have succeeded.
        stopping: someone asked for a stop.
    """

    steps: Mapping[str, Step] = field(default_factory=dict)
    outcomes: Mapping[str, bool] = field(default_factory=dict)
    stopping: bool = False


def circle(graph: Graph) -> list[str]:
    """Steps that wait for each other, the first again at the end; empty where there are none."""
    try:
        TopologicalSorter({name: node.before() for name, node in graph.items()}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def ready(graph: Graph, state: State, most: int | None = None) -> list[str]:
    """The steps to start now, in the graph's order.

    Args:
        graph: of the pipeline.
        state: of the execution.
        most: how many may run at once (MaxParallelExecutionSteps); None for any number.
    """
    if state.stopping or Step.FAILED in state.steps.values() or Step.STOPPED in state.steps.values():
        return []
    waiting = [name for name, node in graph.items() if name not in state.steps and _may_start(node, state)]
    running = sum(step is Step.EXECUTING for step in state.steps.values())
    return waiting if most is None else waiting[: max(0, most - running)]


def start(state: State, name: str) -> State:
    """A step was started."""
    assert name not in state.steps
    return replace(state, steps={**state.steps, name: Step.EXECUTING})


def end(state: State, name: str, step: Step, outcome: bool | None = None) -> State:
    """A step has ended; `outcome` is a condition's."""
    assert state.steps.get(name) is Step.EXECUTING
    outcomes = state.outcomes if outcome is None else {**state.outcomes, name: outcome}
    return replace(state, steps={**state.steps, name: step}, outcomes=outcomes)


def stop(state: State) -> State:
    """Someone asks for a stop."""
    return replace(state, stopping=True)


def retry(state: State) -> State:
    """An execution that failed or was stopped begins again: what succeeded stays, the rest was never started."""
    kept = {name: step for name, step in state.steps.items() if step is Step.SUCCEEDED}
    return State(kept, {name: outcome for name, outcome in state.outcomes.items() if name in kept})


def status(graph: Graph, state: State) -> Status:
    """Of the whole execution."""
    steps = set(state.steps.values())
    if Step.EXECUTING in steps:
        return "Stopping" if state.stopping else "Executing"
    if Step.FAILED in steps:
        return "Failed"
    if state.stopping or Step.STOPPED in steps:
        return "Stopped"
    return "Executing" if ready(graph, state) else "Succeeded"


def _may_start(node: Node, state: State) -> bool:
    if node.branch and state.outcomes.get(node.branch[0]) is not node.branch[1]:
        return False
    return all(state.steps.get(name) is Step.SUCCEEDED for name in node.needs)
