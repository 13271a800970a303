"""The members of CodeBuild's calls that the sandbox acts on, or keeps and shows.

As sandbox/sagemaker/requests.py: a member of AWS's that is not here is taken with AWS's default only.
"""

from typing import Any, Literal

import msgspec
from msgspec import field


class Input(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A call's input; Python's snake_case is CodeBuild's camelCase."""


class Tag(Input, frozen=True, kw_only=True):
    key: str
    value: str = ""


class Variable(Input, frozen=True, kw_only=True):
    name: str
    value: str
    type: Literal["PLAINTEXT"] = "PLAINTEXT"


class Source(Input, frozen=True, kw_only=True):
    type: Literal["CODEPIPELINE", "NO_SOURCE"]
    buildspec: str = ""


class Artifacts(Input, frozen=True, kw_only=True):
    type: Literal["CODEPIPELINE", "NO_ARTIFACTS"]


class Cache(Input, frozen=True, kw_only=True):
    type: Literal["NO_CACHE"]


class Environment(Input, frozen=True, kw_only=True):
    type: Literal["LINUX_CONTAINER"]
    image: str
    compute_type: str
    environment_variables: list[Variable] = field(default_factory=list)
    privileged_mode: bool = False
    image_pull_credentials_type: Literal["CODEBUILD"] = "CODEBUILD"


class CloudWatchLogs(Input, frozen=True, kw_only=True):
    status: Literal["ENABLED", "DISABLED"]
    group_name: str | None = None
    stream_name: str | None = None


class S3Logs(Input, frozen=True, kw_only=True):
    status: Literal["DISABLED"]


class Logs(Input, frozen=True, kw_only=True):
    cloud_watch_logs: CloudWatchLogs | None = None
    s3_logs: S3Logs | None = field(name="s3Logs", default=None)


class CreateProject(Input, frozen=True, kw_only=True):
    name: str
    description: str = ""
    source: Source
    artifacts: Artifacts
    environment: Environment
    service_role: str
    cache: Cache = Cache(type="NO_CACHE")
    timeout_in_minutes: int = 60
    queued_timeout_in_minutes: int = 480
    encryption_key: str | None = None
    logs_config: Logs = Logs()
    tags: list[Tag] = field(default_factory=list)


class UpdateProject(Input, frozen=True, kw_only=True):
    name: str
    description: str | None = None
    source: Source | None = None
    artifacts: Artifacts | None = None
    environment: Environment | None = None
    service_role: str | None = None
    cache: Cache | None = None
    timeout_in_minutes: int | None = None
    queued_timeout_in_minutes: int | None = None
    encryption_key: str | None = None
    logs_config: Logs | None = None
    tags: list[Tag] | None = None


class ProjectName(Input, frozen=True, kw_only=True):
    name: str


class Names(Input, frozen=True, kw_only=True):
    names: list[str]


class StartBuild(Input, frozen=True, kw_only=True):
    project_name: str
    environment_variables_override: list[Variable] = field(default_factory=list)
    buildspec_override: str | None = None
    timeout_in_minutes_override: int | None = None
    idempotency_token: str | None = None


class BuildId(Input, frozen=True, kw_only=True):
    id: str


class Ids(Input, frozen=True, kw_only=True):
    ids: list[str]


class Reports(Input, frozen=True, kw_only=True):
    report_arns: list[str]


class ListBuilds(Input, frozen=True, kw_only=True):
    project_name: str
    sort_order: Literal["ASCENDING", "DESCENDING"] = "DESCENDING"
    next_token: str | None = None


def plain(value: Any) -> Any:
    """A struct as CodeBuild shows it: what was not given is left out."""
    return _without_nothing(msgspec.to_builtins(value))


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nothing(one) for name, one in value.items() if one is not None}
    return [_without_nothing(one) for one in value] if isinstance(value, list) else value
