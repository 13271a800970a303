"""One execution of a pipeline and the actions in it, beside where the flow says that it is."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from sandbox.accounts import REGION
from sandbox.clock import now
from sandbox.codebuild.build import Artifact
from sandbox.codepipeline.requests import Action, ApprovalResult, Declaration, plain

ActionStatus = Literal["InProgress", "Abandoned", "Succeeded", "Failed"]


@dataclass
class ActionRun:
    """An action that was begun; its fields change under the lock of all pipelines.

    Attributes:
        stage: name of its stage.
        configuration: with every place filled.
        summary: what it tells of itself.
        error: code and message of its failure.
        external: id of the build or commit.
        link: to more.
        inputs: artifacts that it took.
        outputs: artifacts that it made.
        variables: that it told.
        token: by which an approval is answered; None where nobody waits for one.
        approval: the answer.
        decided: set when there is one, or nobody waits for it any longer.
    """

    stage: str
    action: Action
    id: str = field(default_factory=lambda: str(uuid4()))
    started: float = field(default_factory=now)
    changed: float = field(default_factory=now)
    status: ActionStatus = "InProgress"
    configuration: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    error: tuple[str, str] | None = None
    external: str = ""
    link: str = ""
    inputs: list[Artifact] = field(default_factory=list)
    outputs: list[Artifact] = field(default_factory=list)
    variables: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    approval: ApprovalResult | None = None
    decided: threading.Event = field(default_factory=threading.Event, repr=False)

    def state(self) -> dict[str, Any]:
        """What GetPipelineState tells of it."""
        return {
            "actionExecutionId": self.id,
            "status": self.status,
            "lastStatusChange": self.changed,
            **_given(
                summary=self.summary,
                token=self.token if self.status == "InProgress" else None,
                externalExecutionId=self.external,
                externalExecutionUrl=self.link,
                errorDetails=self._error(),
            ),
        }

    def detail(self, execution: "Execution") -> dict[str, Any]:
        """What ListActionExecutions tells of it."""
        result = _given(
            externalExecutionId=self.external,
            externalExecutionSummary=self.summary,
            externalExecutionUrl=self.link,
            errorDetails=self._error(),
        )
        return {
            "pipelineExecutionId": execution.id,
            "actionExecutionId": self.id,
            "pipelineVersion": execution.declaration.version,
            "stageName": self.stage,
            "actionName": self.action.name,
            "startTime": self.started,
            "lastUpdateTime": self.changed,
            "status": self.status,
            "input": {
                "actionTypeId": plain(self.action.action_type_id),
                "configuration": dict(self.action.configuration),
                "resolvedConfiguration": dict(self.configuration),
                "region": REGION,
                "inputArtifacts": [_artifact(each) for each in self.inputs],
                **_given(namespace=self.action.namespace),
            },
            "output": {
                "outputArtifacts": [_artifact(each) for each in self.outputs],
                "outputVariables": dict(self.variables),
                "executionResult": result,
            },
        }

    def _error(self) -> dict[str, str] | None:
        return {"code": self.error[0], "message": self.error[1]} if self.error else None


@dataclass
class Execution:
    """An execution.

    Attributes:
        declaration: of its pipeline, as it was when it began.
        trigger: kind and detail of what started it.
        commit: that its source is of; "" for the head of the source's branch.
        variables: of the pipeline, by name.
        spaces: variables that actions told, by namespace.
        artifacts: by name.
        actions: that were begun, the first first.
        reason: why it was stopped.
    """

    declaration: Declaration
    trigger: tuple[str, str]
    commit: str
    variables: Mapping[str, str]
    id: str = field(default_factory=lambda: str(uuid4()))
    started: float = field(default_factory=now)
    changed: float = field(default_factory=now)
    spaces: dict[str, Mapping[str, str]] = field(default_factory=dict)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    actions: list[ActionRun] = field(default_factory=list)
    reason: str = ""

    def namespaces(self) -> dict[str, Mapping[str, str]]:
        """What places in an action's configuration are filled from."""
        return {
            **self.spaces,
            "variables": self.variables,
            "codepipeline": {"PipelineExecutionId": self.id},
        }

    def latest(self, stage: str, action: str) -> ActionRun | None:
        """The last run of an action."""
        runs = [run for run in self.actions if (run.stage, run.action.name) == (stage, action)]
        return runs[-1] if runs else None

    def revisions(self) -> list[ActionRun]:
        """Runs of source actions that have a commit."""
        return [
            run for run in self.actions if run.action.action_type_id.category == "Source" and run.external
        ]

    def shown_trigger(self) -> dict[str, str]:
        kind, detail = self.trigger
        return {"triggerType": kind, **_given(triggerDetail=detail)}


def _artifact(artifact: Artifact) -> dict[str, Any]:
    return {"name": artifact.name, "s3location": {"bucket": artifact.bucket, "key": artifact.key}}


def _given(**members: Any) -> dict[str, Any]:
    """Members that have a value."""
    return {name: value for name, value in members.items() if value}
