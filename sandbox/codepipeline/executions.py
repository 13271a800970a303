"""Carries executions out: begins what the flow says, each action in a thread, and tells EventBridge what changed."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.accounts import REGION
from sandbox.clock import now
from sandbox.codepipeline import flow
from sandbox.codepipeline.actions import ActionError, Actions
from sandbox.codepipeline.execution import ActionRun, Execution
from sandbox.codepipeline.requests import Declaration, plain

_LOG = logging.getLogger(__name__)
# Tells EventBridge: account, detail type, resources, detail.
Emit = Callable[[str, str, list[str], dict[str, Any]], None]


@dataclass
class Pipeline:
    """A pipeline.

    Attributes:
        state: where its executions are.
        executions: by id, the first first.
        tokens: id of an execution by the token of the call that started it.
    """

    account: str
    declaration: Declaration
    tags: dict[str, str]
    created: float = field(default_factory=now)
    modified: float = field(default_factory=now)
    state: flow.State = field(default_factory=dict)
    executions: dict[str, Execution] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.declaration.name

    @property
    def arn(self) -> str:
        return f"arn:aws:codepipeline:{REGION}:{self.account}:{self.name}"


class Executions:
    """Runs those of all pipelines; `lock` is held where one changes."""

    def __init__(self, actions: Actions, emit: Emit) -> None:
        self._actions = actions
        self._emit = emit
        self.lock = threading.RLock()

    def move(self, pipeline: Pipeline, state: flow.State) -> None:
        """What happened is in the state: go on from there; the lock is held."""
        before = pipeline.state
        pipeline.state, acts = flow.advance(state)
        for act in acts:
            self._begin(pipeline, act)
        for identity, execution in pipeline.executions.items():
            old, new = before.get(identity), pipeline.state[identity]
            if old != new:
                execution.changed = now()
                self._tell(pipeline, execution, old, new)

    def _begin(self, pipeline: Pipeline, act: flow.Begin) -> None:
        execution = pipeline.executions[act.execution]
        stage = next(each for each in execution.declaration.stages if each.name == act.stage)
        action = next(each for each in stage.actions if each.name == act.action)
        run = ActionRun(act.stage, action)
        if action.action_type_id.provider == "Manual":
            run.token = run.id
        execution.actions.append(run)
        self._tell_action(pipeline, execution, run, "STARTED")
        name = f"action-{execution.id}-{action.name}"
        threading.Thread(target=self._run, args=(pipeline, execution, run), name=name, daemon=True).start()

    def _run(self, pipeline: Pipeline, execution: Execution, run: ActionRun) -> None:
        error: tuple[str, str] | None = None
        try:
            self._actions.run(pipeline.account, execution, run)
        except ActionError as failed:
            error = failed.code, str(failed)
        except Exception:  # noqa: BLE001 - the execution must hear of the action's end; the log has the traceback
            _LOG.exception("action %s of %s broke", run.action.name, execution.id)
            error = "InternalError", "the sandbox broke: its log tells why"
        with self.lock:
            if run.status == "Abandoned":
                return
            run.changed, run.error = now(), error
            run.status = "Failed" if error else "Succeeded"
            if not error:
                execution.artifacts |= {artifact.name: artifact for artifact in run.outputs}
                if run.action.namespace:
                    execution.spaces[run.action.namespace] = run.variables
            self._tell_action(pipeline, execution, run, run.status.upper())
            ended = flow.Ended.FAILED if error else flow.Ended.SUCCEEDED
            self.move(pipeline, flow.end(pipeline.state, execution.id, run.action.name, ended))

    def abandon(self, pipeline: Pipeline, execution: Execution) -> None:
        """What runs is nobody's any more, though a build goes on; the lock is held."""
        for run in execution.actions:
            if run.status == "InProgress":
                run.status, run.changed = "Abandoned", now()
                run.decided.set()
                self._tell_action(pipeline, execution, run, "ABANDONED")

    def _tell(
        self, pipeline: Pipeline, execution: Execution, old: flow.Execution | None, new: flow.Execution
    ) -> None:
        """What EventBridge hears of an execution and its stages."""
        detail = self._detail(pipeline, execution)
        for stage, state in _stages(old, new):
            more = _failures(execution, stage) if state == "FAILED" else {}
            self._emit(
                pipeline.account,
                "CodePipeline Stage Execution State Change",
                [pipeline.arn],
                {**detail, "stage": stage, "state": state, **more},
            )
        if whole := _state(old.status if old else None, new.status):
            more = _failures(execution, new.place) if whole == "FAILED" else {}
            self._emit(
                pipeline.account,
                "CodePipeline Pipeline Execution State Change",
                [pipeline.arn],
                {**detail, "state": whole, **more},
            )

    def _tell_action(self, pipeline: Pipeline, execution: Execution, run: ActionRun, state: str) -> None:
        detail: dict[str, Any] = {
            **self._detail(pipeline, execution),
            "action-execution-id": run.id,
            "stage": run.stage,
            "action": run.action.name,
            "state": state,
            "region": REGION,
            "type": plain(run.action.action_type_id),
        }
        if run.external or run.error:
            code, message = run.error or ("", "")
            summary = message or run.summary
            detail["execution-result"] = {
                "external-execution-id": run.external,
                "external-execution-summary": summary,
                **({"error-code": code} if code else {}),
            }
        self._emit(pipeline.account, "CodePipeline Action Execution State Change", [pipeline.arn], detail)

    def _detail(self, pipeline: Pipeline, execution: Execution) -> dict[str, Any]:
        return {
            "pipeline": pipeline.name,
            "execution-id": execution.id,
            "version": execution.declaration.version,
        }


def _stages(old: flow.Execution | None, new: flow.Execution) -> Iterator[tuple[str, str]]:
    for stage in new.plan:
        before = flow.status_of(old, stage.name) if old else None
        if state := _state(before, flow.status_of(new, stage.name)):
            yield stage.name, state


def _state(before: flow.Status | None, after: flow.Status | None) -> str | None:
    """How EventBridge calls a change; None where there is none."""
    if after is None or before == after:
        return None
    if after == "InProgress":
        return "STARTED" if before is None else "RESUMED"
    return after.upper()


def _failures(execution: Execution, stage: str) -> dict[str, Any]:
    """Which actions of a stage failed, and why."""
    failed = [run for run in execution.actions if run.stage == stage and run.error]
    latest = [run for run in failed if execution.latest(stage, run.action.name) is run]
    actions = [
        {"action": run.action.name, "additionalInformation": run.error[1]} for run in latest if run.error
    ]
    return {
        "additional-attributes": {
            "failedActionCount": len(actions),
            "failedActions": actions,
            "failedStage": stage,
        }
    }
