"""The members of CodePipeline's calls that the sandbox acts on, or keeps and shows.

As sandbox/sagemaker/requests.py: a member of AWS's that is not here is taken with AWS's default only. What is not done
yet of a member that is here (PARALLEL, ROLLBACK, other providers) is not among its values.
"""

from typing import Any, Literal

import msgspec
from msgspec import field

from sandbox.codepipeline.flow import RetryMode


class Input(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A call's input; Python's snake_case is CodePipeline's camelCase."""


class Tag(Input, frozen=True, kw_only=True):
    key: str
    value: str


class EncryptionKey(Input, frozen=True, kw_only=True):
    id: str
    type: Literal["KMS"]


class ArtifactStore(Input, frozen=True, kw_only=True):
    type: Literal["S3"]
    location: str
    encryption_key: EncryptionKey | None = None


class ActionType(Input, frozen=True, kw_only=True):
    category: Literal["Source", "Build", "Test", "Approval"]
    owner: Literal["AWS"]
    provider: Literal["CodeStarSourceConnection", "CodeBuild", "Manual"]
    version: Literal["1"]


class Named(Input, frozen=True, kw_only=True):
    name: str


class Action(Input, frozen=True, kw_only=True):
    name: str
    action_type_id: ActionType
    run_order: int = 1
    configuration: dict[str, str] = field(default_factory=dict)
    output_artifacts: list[Named] = field(default_factory=list)
    input_artifacts: list[Named] = field(default_factory=list)
    namespace: str | None = None


class RetryConfiguration(Input, frozen=True, kw_only=True):
    retry_mode: RetryMode = "FAILED_ACTIONS"


class OnFailure(Input, frozen=True, kw_only=True):
    result: Literal["FAIL", "RETRY"] = "FAIL"
    retry_configuration: RetryConfiguration | None = None


class Stage(Input, frozen=True, kw_only=True):
    name: str
    actions: list[Action]
    on_failure: OnFailure | None = None


class Variable(Input, frozen=True, kw_only=True):
    name: str
    default_value: str | None = None
    description: str | None = None


class Patterns(Input, frozen=True, kw_only=True):
    includes: list[str] = field(default_factory=list)
    excludes: list[str] = field(default_factory=list)


class PushFilter(Input, frozen=True, kw_only=True):
    tags: Patterns | None = None
    branches: Patterns | None = None


class GitConfiguration(Input, frozen=True, kw_only=True):
    source_action_name: str
    push: list[PushFilter] = field(default_factory=list)


class Trigger(Input, frozen=True, kw_only=True):
    provider_type: Literal["CodeStarSourceConnection"]
    git_configuration: GitConfiguration


class Declaration(Input, frozen=True, kw_only=True):
    name: str
    role_arn: str
    artifact_store: ArtifactStore
    stages: list[Stage]
    version: int = 1
    execution_mode: Literal["QUEUED"]
    pipeline_type: Literal["V2"]
    variables: list[Variable] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)


class CreatePipeline(Input, frozen=True, kw_only=True):
    pipeline: Declaration
    tags: list[Tag] = field(default_factory=list)


class UpdatePipeline(Input, frozen=True, kw_only=True):
    pipeline: Declaration


class PipelineName(Input, frozen=True, kw_only=True):
    name: str


class GetPipeline(PipelineName, frozen=True, kw_only=True):
    version: int | None = None


class ListPipelines(Input, frozen=True, kw_only=True):
    next_token: str | None = None
    max_results: int = 1000


class GivenVariable(Input, frozen=True, kw_only=True):
    name: str
    value: str


class StartExecution(PipelineName, frozen=True, kw_only=True):
    variables: list[GivenVariable] = field(default_factory=list)
    client_request_token: str | None = None


class OfPipeline(Input, frozen=True, kw_only=True):
    pipeline_name: str


class OfExecution(OfPipeline, frozen=True, kw_only=True):
    pipeline_execution_id: str


class StopExecution(OfExecution, frozen=True, kw_only=True):
    abandon: bool = False
    reason: str = ""


class RetryStage(OfExecution, frozen=True, kw_only=True):
    stage_name: str
    retry_mode: RetryMode


class ListExecutions(OfPipeline, frozen=True, kw_only=True):
    next_token: str | None = None
    max_results: int = 100


class ActionFilter(Input, frozen=True, kw_only=True):
    pipeline_execution_id: str | None = None


class ListActions(ListExecutions, frozen=True, kw_only=True):
    filter: ActionFilter = ActionFilter()


class ApprovalResult(Input, frozen=True, kw_only=True):
    summary: str
    status: Literal["Approved", "Rejected"]


class PutApproval(OfPipeline, frozen=True, kw_only=True):
    stage_name: str
    action_name: str
    result: ApprovalResult
    token: str


class Tags(Input, frozen=True, kw_only=True):
    resource_arn: str
    next_token: str | None = None
    max_results: int = 100


class TagPipeline(Input, frozen=True, kw_only=True):
    resource_arn: str
    tags: list[Tag]


class UntagPipeline(Input, frozen=True, kw_only=True):
    resource_arn: str
    tag_keys: list[str]


def plain(value: Any) -> Any:
    """A struct as CodePipeline shows it: what was not given is left out."""
    return _without_nothing(msgspec.to_builtins(value))


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nothing(one) for name, one in value.items() if one is not None}
    return [_without_nothing(one) for one in value] if isinstance(value, list) else value
