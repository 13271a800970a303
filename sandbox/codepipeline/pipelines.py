"""The calls of CodePipeline: what it refuses, and what it answers; and the pushes that start pipelines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from sandbox.accounts import REGION
from sandbox.clients import Clients
from sandbox.clock import now
from sandbox.codepipeline import declaration, flow
from sandbox.codepipeline import requests as r
from sandbox.codepipeline.declaration import DeclarationError
from sandbox.codepipeline.execution import Execution
from sandbox.codepipeline.executions import Executions, Pipeline
from sandbox.codepipeline.shown import execution_detail, execution_summary, pipeline_state
from sandbox.codepipeline.triggers import patterns, starts
from sandbox.connections import Connections
from sandbox.git.remote import Push
from sandbox.hosting.execution_role import ExecutionRole
from sandbox.json_service import Action, JsonService, reads
from sandbox.refusal import RefusedError

_INVALID = "InvalidStructureException"
Item = TypeVar("Item")


class Pipelines:
    """The pipelines of all accounts."""

    def __init__(self, executions: Executions, clients: Clients, connections: Connections) -> None:
        self._executions = executions
        self._clients = clients
        self._connections = connections
        self._pipelines: dict[tuple[str, str], Pipeline] = {}
        self.service = JsonService("codepipeline", self._actions(), executions.lock)

    def _actions(self) -> Mapping[str, Action]:
        return {
            "CreatePipeline": reads(r.CreatePipeline, self._create),
            "UpdatePipeline": reads(r.UpdatePipeline, self._update),
            "GetPipeline": reads(r.GetPipeline, self._get),
            "DeletePipeline": reads(r.PipelineName, self._delete),
            "ListPipelines": reads(r.ListPipelines, self._list),
            "GetPipelineState": reads(r.PipelineName, self._state),
            "StartPipelineExecution": reads(r.StartExecution, self._start),
            "StopPipelineExecution": reads(r.StopExecution, self._stop),
            "GetPipelineExecution": reads(r.OfExecution, self._execution),
            "ListPipelineExecutions": reads(r.ListExecutions, self._list_executions),
            "ListActionExecutions": reads(r.ListActions, self._list_actions),
            "RetryStageExecution": reads(r.RetryStage, self._retry),
            "PutApprovalResult": reads(r.PutApproval, self._approve),
            "ListTagsForResource": reads(r.Tags, self._tags),
            "TagResource": reads(r.TagPipeline, self._tag),
            "UntagResource": reads(r.UntagPipeline, self._untag),
        }

    def pushed(self, account: str, push: Push) -> list[str]:
        """Start what a push starts; what came of it, in sentences."""
        what = f"{push.kind} {push.name}"
        if not push.commit:
            return [f"the {what} is of no commit and starts nothing: {push.why}"]
        with self._executions.lock:
            pipelines = [pipeline for (owner, _), pipeline in self._pipelines.items() if owner == account]
            sentences = [sentence for pipeline in pipelines for sentence in self._heard(pipeline, push, what)]
        if sentences:
            return sentences
        taken = [
            f"{pipeline.name} takes {' and '.join(names)}"
            for pipeline in pipelines
            for action in pipeline.declaration.stages[0].actions
            if (names := patterns(declaration.filters(pipeline.declaration, action), push.kind))
        ]
        return [f"no pipeline is started by the {what}" + (f": {'; '.join(taken)}" if taken else "")]

    def _heard(self, pipeline: Pipeline, push: Push, what: str) -> Iterator[str]:
        """What a push does to one pipeline."""
        for action in pipeline.declaration.stages[0].actions:
            if not starts(declaration.filters(pipeline.declaration, action), push.kind, push.name):
                continue
            arn = action.configuration["ConnectionArn"]
            try:
                self._connections.check(arn)
            except RefusedError as refused:
                # Git does not send a tag that is there.
                again = (
                    f"; then `git push REMOTE :{push.name}` and push it again" if push.kind == "tag" else ""
                )
                yield f"the {what} does not start {pipeline.name}: {refused}{again}"
                continue
            execution = self._begin(pipeline, ("WebhookV2", arn), push.commit, {})
            yield f"the {what} starts {pipeline.name}: execution {execution.id}"

    def _create(self, account: str, request: r.CreatePipeline) -> dict[str, Any]:
        """Made, and begun at once."""
        given = request.pipeline
        if (account, given.name) in self._pipelines:
            raise RefusedError(
                f"A pipeline with the name '{given.name}' already exists", "PipelineNameInUseException"
            )
        self._check(account, given)
        made = msgspec.structs.replace(given, version=1)
        pipeline = self._pipelines[account, given.name] = Pipeline(
            account, made, {tag.key: tag.value for tag in request.tags}
        )
        self._begin(pipeline, ("CreatePipeline", ""), "", {})
        return {"pipeline": r.plain(made), "tags": r.plain(request.tags)}

    def _update(self, account: str, request: r.UpdatePipeline) -> dict[str, Any]:
        """What runs goes on as it began."""
        pipeline = self._find(account, request.pipeline.name)
        self._check(account, request.pipeline)
        version = pipeline.declaration.version + 1
        pipeline.declaration = msgspec.structs.replace(request.pipeline, version=version)
        pipeline.modified = now()
        return {"pipeline": r.plain(pipeline.declaration)}

    def _get(self, account: str, request: r.GetPipeline) -> dict[str, Any]:
        pipeline = self._find(account, request.name)
        if request.version not in {None, pipeline.declaration.version}:
            raise RefusedError(
                f"the sandbox keeps version {pipeline.declaration.version} alone, not {request.version}",
                "PipelineVersionNotFoundException",
            )
        metadata = {"pipelineArn": pipeline.arn, "created": pipeline.created, "updated": pipeline.modified}
        return {"pipeline": r.plain(pipeline.declaration), "metadata": metadata}

    def _delete(self, account: str, request: r.PipelineName) -> dict[str, Any]:
        """Deleting what is not there succeeds; actions that run are nobody's any more."""
        pipeline = self._pipelines.pop((account, request.name), None)
        for execution in pipeline.executions.values() if pipeline else ():
            assert pipeline is not None
            self._executions.abandon(pipeline, execution)
        return {}

    def _list(self, account: str, request: r.ListPipelines) -> dict[str, Any]:
        owned = [pipeline for (owner, _), pipeline in self._pipelines.items() if owner == account]

        def show(pipeline: Pipeline) -> dict[str, Any]:
            return {
                "name": pipeline.name,
                "version": pipeline.declaration.version,
                "pipelineType": pipeline.declaration.pipeline_type,
                "executionMode": pipeline.declaration.execution_mode,
                "created": pipeline.created,
                "updated": pipeline.modified,
            }

        return _page("pipelines", owned, request, show)

    def _state(self, account: str, request: r.PipelineName) -> dict[str, Any]:
        return pipeline_state(self._find(account, request.name))

    def _start(self, account: str, request: r.StartExecution) -> dict[str, Any]:
        pipeline = self._find(account, request.name)
        token = request.client_request_token
        if token and token in pipeline.tokens:
            return {"pipelineExecutionId": pipeline.tokens[token]}
        given = {one.name: one.value for one in request.variables}
        trigger = ("StartPipelineExecution", f"arn:aws:iam::{account}:root")
        execution = self._begin(pipeline, trigger, "", given)
        if token:
            pipeline.tokens[token] = execution.id
        return {"pipelineExecutionId": execution.id}

    def _begin(
        self, pipeline: Pipeline, trigger: tuple[str, str], commit: str, given: Mapping[str, str]
    ) -> Execution:
        declared = {one.name: one.default_value or "" for one in pipeline.declaration.variables}
        for name in given:
            if name not in declared:
                raise RefusedError(
                    f"the pipeline {pipeline.name} has no variable {name}", "ValidationException"
                )
        execution = Execution(pipeline.declaration, trigger, commit, {**declared, **given})
        pipeline.executions[execution.id] = execution
        plan = declaration.plan(pipeline.declaration)
        self._executions.move(pipeline, flow.push(pipeline.state, execution.id, plan))
        return execution

    def _stop(self, account: str, request: r.StopExecution) -> dict[str, Any]:
        pipeline, execution = self._find_execution(account, request)
        try:
            state = flow.stop(pipeline.state, execution.id, abandon=request.abandon)
        except flow.FlowError as error:
            raise RefusedError(str(error), "PipelineExecutionNotStoppableException") from None
        execution.reason = request.reason
        if request.abandon:
            self._executions.abandon(pipeline, execution)
        self._executions.move(pipeline, state)
        return {"pipelineExecutionId": execution.id}

    def _execution(self, account: str, request: r.OfExecution) -> dict[str, Any]:
        pipeline, execution = self._find_execution(account, request)
        return {"pipelineExecution": execution_detail(pipeline, execution)}

    def _list_executions(self, account: str, request: r.ListExecutions) -> dict[str, Any]:
        pipeline = self._find(account, request.pipeline_name)
        newest = list(reversed(pipeline.executions.values()))
        return _page(
            "pipelineExecutionSummaries", newest, request, lambda each: execution_summary(pipeline, each)
        )

    def _list_actions(self, account: str, request: r.ListActions) -> dict[str, Any]:
        pipeline, wanted = self._find(account, request.pipeline_name), request.filter.pipeline_execution_id
        if wanted and wanted not in pipeline.executions:
            raise _no_execution(pipeline, wanted)
        newest = [
            run.detail(execution)
            for execution in reversed(pipeline.executions.values())
            if wanted in {None, execution.id}
            for run in reversed(execution.actions)
        ]
        return _page("actionExecutionDetails", newest, request, lambda detail: detail)

    def _retry(self, account: str, request: r.RetryStage) -> dict[str, Any]:
        pipeline, execution = self._find_execution(account, request)
        if request.stage_name not in {stage.name for stage in execution.declaration.stages}:
            raise RefusedError(f"The pipeline has no stage {request.stage_name}", "StageNotFoundException")
        try:
            state = flow.retry(pipeline.state, execution.id, request.stage_name, request.retry_mode)
        except flow.FlowError as error:
            raise RefusedError(str(error), "StageNotRetryableException") from None
        self._executions.move(pipeline, state)
        return {"pipelineExecutionId": execution.id}

    def _approve(self, account: str, request: r.PutApproval) -> dict[str, Any]:
        pipeline = self._find(account, request.pipeline_name)
        runs = [
            run
            for execution in pipeline.executions.values()
            for run in execution.actions
            if (run.stage, run.action.name) == (request.stage_name, request.action_name) and run.token
        ]
        if not runs:
            raise RefusedError(f"nobody is waited for in {request.action_name}", "ActionNotFoundException")
        run = next((each for each in runs if each.token == request.token), None)
        if run is None:
            raise RefusedError("the token is of no execution of the action", "InvalidApprovalTokenException")
        if run.approval or run.status != "InProgress":
            raise RefusedError("the action was answered already", "ApprovalAlreadyCompletedException")
        run.approval = request.result
        run.decided.set()
        return {"approvedAt": now()}

    def _tags(self, account: str, request: r.Tags) -> dict[str, Any]:
        pipeline = self._find(account, request.resource_arn.rpartition(":")[2])
        tags = [r.Tag(key=key, value=value) for key, value in pipeline.tags.items()]
        return _page("tags", tags, request, r.plain)

    def _tag(self, account: str, request: r.TagPipeline) -> dict[str, Any]:
        pipeline = self._find(account, request.resource_arn.rpartition(":")[2])
        pipeline.tags |= {tag.key: tag.value for tag in request.tags}
        return {}

    def _untag(self, account: str, request: r.UntagPipeline) -> dict[str, Any]:
        pipeline = self._find(account, request.resource_arn.rpartition(":")[2])
        pipeline.tags = {key: value for key, value in pipeline.tags.items() if key not in request.tag_keys}
        return {}

    def _check(self, account: str, given: r.Declaration) -> None:
        """Refuse what cannot run."""
        try:
            declaration.check(given)
        except DeclarationError as error:
            raise RefusedError(str(error), _INVALID) from None
        try:
            self._clients.caller(ExecutionRole(given.role_arn, account, REGION))
        except RefusedError as refused:
            raise RefusedError(
                f"CodePipeline is not authorized to perform AssumeRole on role {given.role_arn} ({refused})",
                _INVALID,
            ) from None

    def _find(self, account: str, name: str) -> Pipeline:
        pipeline = self._pipelines.get((account, name))
        if pipeline is None:
            raise RefusedError(
                f"Account '{account}' does not have a pipeline with name '{name}'",
                "PipelineNotFoundException",
            )
        return pipeline

    def _find_execution(self, account: str, request: r.OfExecution) -> tuple[Pipeline, Execution]:
        pipeline = self._find(account, request.pipeline_name)
        execution = pipeline.executions.get(request.pipeline_execution_id)
        if execution is None:
            raise _no_execution(pipeline, request.pipeline_execution_id)
        return pipeline, execution


def _no_execution(pipeline: Pipeline, identity: str) -> RefusedError:
    return RefusedError(
        f"The pipeline {pipeline.name} has no execution {identity}", "PipelineExecutionNotFoundException"
    )


def _page(
    key: str,
    items: Sequence[Item],
    request: r.ListPipelines | r.ListExecutions | r.Tags,
    show: Callable[[Item], dict[str, Any]],
) -> dict[str, Any]:
    """One page; a token is the offset of the next page."""
    token = request.next_token
    if token is not None and not token.isdigit():
        raise RefusedError(
            f"nextToken {token!r} was not given out by a List call", "InvalidNextTokenException"
        )
    start = int(token or 0)
    end = start + request.max_results
    answer: dict[str, Any] = {key: [show(item) for item in items[start:end]]}
    if end < len(items):
        answer["nextToken"] = str(end)
    return answer
