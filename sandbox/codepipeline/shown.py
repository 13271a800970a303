"""What GetPipelineState answers: of each stage who is in it, who was last, and who waits."""

from typing import Any

from sandbox.codepipeline import flow
from sandbox.codepipeline.executions import Pipeline
from sandbox.codepipeline.requests import Stage


def pipeline_state(pipeline: Pipeline) -> dict[str, Any]:
    """The whole answer."""
    return {
        "pipelineName": pipeline.name,
        "pipelineVersion": pipeline.declaration.version,
        "stageStates": [_stage(pipeline, stage) for stage in pipeline.declaration.stages],
        "created": pipeline.created,
        "updated": pipeline.modified,
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
