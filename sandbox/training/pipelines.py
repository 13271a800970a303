"""The calls of pipelines and their executions: what SageMaker refuses, and what it answers."""

import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sandbox.accounts import ACCOUNTS
from sandbox.clock import now
from sandbox.refusal import RefusedError
from sandbox.sagemaker.listing import page
from sandbox.sagemaker.requests import Listing
from sandbox.sagemaker.store import Account
from sandbox.sagemaker.tags import checked
from sandbox.training import requests as r
from sandbox.training.cache import Run
from sandbox.training.definition import Definition, read
from sandbox.training.document import DefinitionError
from sandbox.training.execution import Execution
from sandbox.training.executions import Executions
from sandbox.training.parameters import parameters_of

_LETTERS = string.ascii_lowercase + string.digits
_ID = 12  # characters of an execution's id

Item = TypeVar("Item")


@dataclass
class Pipeline:
    """A pipeline.

    Attributes:
        token: ClientRequestToken of the call that made it.
        text: the definition as it was given.
        shown: display name and description.
        most: steps of an execution that may run at once.
        executions: by ARN, the first first.
        started: ARN by the token of the call that started it.
        runs: of its steps, by name: those that may stand for later ones.
    """

    name: str
    arn: str
    token: str
    text: str
    definition: Definition
    role: str
    shown: dict[str, str]
    most: int | None
    created: float = field(default_factory=now)
    modified: float = field(default_factory=now)
    last_run: float | None = None
    executions: dict[str, Execution] = field(default_factory=dict)
    started: dict[str, str] = field(default_factory=dict)
    runs: dict[str, list[Run]] = field(default_factory=dict)


@dataclass
class Pipelines:
    """The pipelines of all accounts, by account and by name in lowercase."""

    executions: Executions
    _pipelines: dict[str, dict[str, Pipeline]] = field(
        default_factory=lambda: {account.id: {} for account in ACCOUNTS}
    )

    def create(self, account: Account, request: r.CreatePipeline) -> dict[str, Any]:
        arn = account.arn("pipeline", request.pipeline_name)
        earlier = self._pipelines[account.id].get(request.pipeline_name.lower())
        if earlier:
            if earlier.token == request.client_request_token:
                return {"PipelineArn": earlier.arn}
            raise RefusedError(
                "Pipeline names must be unique within an AWS account and region. Pipeline with name "
                f"({request.pipeline_name}) already exists."
            )
        pipeline = Pipeline(
            request.pipeline_name,
            arn,
            request.client_request_token,
            request.pipeline_definition,
            _definition(request.pipeline_definition),
            request.role_arn,
            _given(
                PipelineDisplayName=request.pipeline_display_name,
                PipelineDescription=request.pipeline_description,
            ),
            _most(request.parallelism_configuration),
        )
        account.tags[arn] = checked(request.tags)
        self._pipelines[account.id][request.pipeline_name.lower()] = pipeline
        return {"PipelineArn": arn}

    def update(self, account: Account, request: r.UpdatePipeline) -> dict[str, Any]:
        """What runs goes on as it began."""
        pipeline = self._find(account, request.pipeline_name)
        if request.pipeline_definition is not None:
            pipeline.definition = _definition(request.pipeline_definition)
            pipeline.text = request.pipeline_definition
        pipeline.role = request.role_arn or pipeline.role
        pipeline.shown |= _given(
            PipelineDisplayName=request.pipeline_display_name,
            PipelineDescription=request.pipeline_description,
        )
        if request.parallelism_configuration:
            pipeline.most = _most(request.parallelism_configuration)
        pipeline.modified = now()
        return {"PipelineArn": pipeline.arn}

    def describe(self, account: Account, request: r.PipelineName) -> dict[str, Any]:
        pipeline = self._find(account, request.pipeline_name)
        return {
            "PipelineArn": pipeline.arn,
            "PipelineName": pipeline.name,
            "PipelineDefinition": pipeline.text,
            "RoleArn": pipeline.role,
            "PipelineStatus": "Active",
            "CreationTime": pipeline.created,
            "LastModifiedTime": pipeline.modified,
            **pipeline.shown,
            **({"LastRunTime": pipeline.last_run} if pipeline.last_run else {}),
            **(_parallelism(pipeline.most)),
        }

    def listed(self, account: Account, request: r.ListPipelines) -> dict[str, Any]:
        """One page; raises RefusedError."""
        listing = Listing(
            max_results=request.max_results,
            next_token=request.next_token,
            sort_by=request.sort_by,
            sort_order=request.sort_order,
            creation_time_after=request.created_after,
            creation_time_before=request.created_before,
        )
        prefix = request.pipeline_name_prefix or ""
        pipelines = [each for each in self._pipelines[account.id].values() if each.name.startswith(prefix)]
        return page("PipelineSummaries", pipelines, listing, name=lambda each: each.name, show=_summary)

    def delete(self, account: Account, request: r.DeletePipeline) -> dict[str, Any]:
        """Refused while an execution runs; its executions are deleted with it."""
        pipeline = self._find(account, request.pipeline_name)
        if running := [one.arn for one in pipeline.executions.values() if not one.over]:
            raise RefusedError(
                f"Pipeline {pipeline.name} has running executions: {', '.join(running)}", "ConflictException"
            )
        del self._pipelines[account.id][pipeline.name.lower()]
        account.tags.pop(pipeline.arn, None)
        return {"PipelineArn": pipeline.arn}

    def start(self, account: Account, request: r.StartExecution) -> dict[str, Any]:
        pipeline = self._find(account, request.pipeline_name)
        if arn := pipeline.started.get(request.client_request_token):
            return {"PipelineExecutionArn": arn}
        given = {one.name: one.value for one in request.pipeline_parameters}
        if len(given) != len(request.pipeline_parameters):
            raise RefusedError("PipelineParameters names a parameter twice")
        try:
            parameters = parameters_of(pipeline.definition.parameters, given)
        except DefinitionError as error:
            raise RefusedError(str(error)) from None
        identity = "".join(secrets.choice(_LETTERS) for _ in range(_ID))
        execution = Execution(
            f"{pipeline.arn}/execution/{identity}",
            pipeline.arn,
            pipeline.name,
            pipeline.definition,
            pipeline.role,
            parameters,
            _given(
                PipelineExecutionDisplayName=request.pipeline_execution_display_name,
                PipelineExecutionDescription=request.pipeline_execution_description,
            ),
            _most(request.parallelism_configuration) or pipeline.most,
            pipeline.runs,
        )
        pipeline.executions[execution.arn] = execution
        pipeline.started[request.client_request_token] = execution.arn
        pipeline.last_run = execution.created
        self.executions.go_on(account, execution)
        return {"PipelineExecutionArn": execution.arn}

    def at_work(self, account: str, arn: str) -> bool:
        """Whether there is an execution of this ARN in an account that has not ended."""
        pipelines = list(self._pipelines[account].values())
        executions = [each.executions[arn] for each in pipelines if arn in each.executions]
        return any(not execution.over for execution in executions)

    def describe_execution(self, account: Account, request: r.ExecutionArn) -> dict[str, Any]:
        return self._execution(account, request.pipeline_execution_arn).show()

    def list_executions(self, account: Account, request: r.ListExecutions) -> dict[str, Any]:
        executions = list(self._find(account, request.pipeline_name).executions.values())
        return _page("PipelineExecutionSummaries", executions, request, Execution.summary)

    def list_steps(self, account: Account, request: r.ListSteps) -> dict[str, Any]:
        steps = self._execution(account, request.pipeline_execution_arn).steps()
        return _page("PipelineExecutionSteps", steps, request, lambda step: step)

    def stop(self, account: Account, request: r.StopExecution) -> dict[str, Any]:
        execution = self._execution(account, request.pipeline_execution_arn)
        if execution.over:
            raise RefusedError(
                f"Only pipeline executions in Executing status can be stopped, not {execution.status}."
            )
        self.executions.stop(account, execution)
        return {"PipelineExecutionArn": execution.arn}

    def retry(self, account: Account, request: r.RetryExecution) -> dict[str, Any]:
        execution = self._execution(account, request.pipeline_execution_arn)
        if execution.status not in {"Failed", "Stopped"}:
            raise RefusedError(
                f"Only pipeline executions in Failed or Stopped status can be retried, not {execution.status}."
            )
        execution.most = _most(request.parallelism_configuration) or execution.most
        self.executions.retry(account, execution)
        return {"PipelineExecutionArn": execution.arn}

    def _find(self, account: Account, name_or_arn: str) -> Pipeline:
        name = name_or_arn.rpartition("/")[2].lower()
        pipeline = self._pipelines[account.id].get(name)
        if pipeline is None or (name_or_arn.startswith("arn:") and name_or_arn != pipeline.arn):
            raise RefusedError(
                f"Pipeline '{account.arn('pipeline', name)}' does not exist.", "ResourceNotFound"
            )
        return pipeline

    def _execution(self, account: Account, arn: str) -> Execution:
        for pipeline in self._pipelines[account.id].values():
            if arn in pipeline.executions:
                return pipeline.executions[arn]
        raise RefusedError(f"Pipeline execution '{arn}' does not exist.", "ResourceNotFound")


def _summary(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "PipelineArn": pipeline.arn,
        "PipelineName": pipeline.name,
        "RoleArn": pipeline.role,
        "CreationTime": pipeline.created,
        "LastModifiedTime": pipeline.modified,
        **pipeline.shown,
        **({"LastExecutionTime": pipeline.last_run} if pipeline.last_run else {}),
    }


def _definition(text: str) -> Definition:
    try:
        return read(text)
    except DefinitionError as error:
        raise RefusedError(f"Unable to parse pipeline definition: {error}") from None


def _given(**texts: str | None) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text is not None}


def _most(configuration: r.Parallelism | None) -> int | None:
    return configuration.max_parallel_execution_steps if configuration else None


def _parallelism(most: int | None) -> Mapping[str, Any]:
    return {"ParallelismConfiguration": {"MaxParallelExecutionSteps": most}} if most is not None else {}


def _page(key: str, items: Sequence[Item], request: r.Listed, show: Callable[[Item], Any]) -> dict[str, Any]:
    """One page, the latest first unless the request says otherwise; tokens are the offset of the next page."""
    if request.next_token is not None and not request.next_token.isdigit():
        raise RefusedError(f"NextToken {request.next_token!r} was not given out by a List call")
    ordered = items if request.sort_order == "Ascending" else list(reversed(items))
    start = int(request.next_token or 0)
    end = start + request.max_results
    answer: dict[str, Any] = {key: [show(one) for one in ordered[start:end]]}
    if end < len(ordered):
        answer["NextToken"] = str(end)
    return answer
