"""What is told of a pipeline, of each stage who is in it, who was last and who waits; and of its executions."""

from typing import Any

from sandbox.codepipeline import flow
from sandbox.codepipeline.execution import Execution
from sandbox.codepipeline.executions import Pipeline
from sandbox.codepipeline.requests import Stage


def pipeline_state(pipeline: Pipeline) -> dict[str, Any]:
    """What GetPipelineState answers."""
    return {
        "pipelineName": pipeline.name,
        "pipelineVersion": pipeline.declaration.version,
        "stageStates": [_stage(pipeline, stage) for stage in pipeline.declaration.stages],
        "created": pipeline.created,
        "updated": pipeline.modified,
    }


def execution_detail(pipeline: Pipeline, execution: Execution) -> dict[str, Any]:
    """What GetPipelineExecution answers."""
    return {
        "pipelineName": pipeline.name,
        "pipelineVersion": execution.declaration.version,
        "artifactRevisions": [
            {
                "name": run.action.output_artifacts[0].name,
                "revisionId": run.external,
                "revisionSummary": run.summary,
                "created": run.changed,
            }
            for run in execution.revisions()
        ],
        "variables": [{"name": name, "resolvedValue": value} for name, value in execution.variables.items()],
        **_both(pipeline, execution),
    }


def execution_summary(pipeline: Pipeline, execution: Execution) -> dict[str, Any]:
    """What ListPipelineExecutions tells."""
    return {
        "startTime": execution.started,
        "lastUpdateTime": execution.changed,
        "sourceRevisions": [
            {"actionName": run.action.name, "revisionId": run.external, "revisionSummary": run.summary}
            for run in execution.revisions()
        ],
        **({"stopTrigger": {"reason": execution.reason}} if execution.reason else {}),
        **_both(pipeline, execution),
    }


def _both(pipeline: Pipeline, execution: Execution) -> dict[str, Any]:
    return {
        "pipelineExecutionId": execution.id,
        "status": pipeline.state[execution.id].status,
        "trigger": execution.shown_trigger(),
        "executionMode": execution.declaration.execution_mode,
        "executionType": "STANDARD",
    }


def _stage(pipeline: Pipeline, stage: Stage) -> dict[str, Any]:
    state = pipeline.state
    waiting = [
        {"pipelineExecutionId": identity, "status": "InProgress", "type": "STANDARD"}
        for identity, each in state.items()
        if not each.over and not each.inside and each.place == stage.name
    ]
    shown: dict[str, Any] = {
        "stageName": stage.name,
        "inboundExecutions": waiting,
        "inboundTransitionState": {"enabled": True},
        "actionStates": [{"actionName": action.name} for action in stage.actions],
    }
    latest = flow.latest(state, stage.name)
    if latest is None:
        return shown
    execution = pipeline.executions[latest]
    for action in shown["actionStates"]:
        if run := execution.latest(stage.name, action["actionName"]):
            action["latestExecution"] = run.state()
    shown["latestExecution"] = {
        "pipelineExecutionId": latest,
        "status": flow.status_of(state[latest], stage.name),
        "type": "STANDARD",
    }
    if state[latest].place == stage.name and state[latest].retries:
        shown["retryStageMetadata"] = {
            "autoStageRetryAttempt": state[latest].retries,
            "latestRetryTrigger": "AutomatedStageRetry",
        }
    return shown
