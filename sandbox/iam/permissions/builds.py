"""CodeBuild, CodePipeline and CodeConnections.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodebuild.html, list_awscodepipeline.html,
list_awscodeconnections.html
"""

from collections.abc import Iterator
from typing import Any

from sandbox.iam.core.access import Context, Need
from sandbox.iam.operation import Operation
from sandbox.iam.permissions.rule import Estate, Rule, Rules, derived, request_tags

_PROJECT = "arn:aws:codebuild:{region}:{account}:project/{}"
_GROUP = "arn:aws:codebuild:{region}:{account}:report-group/{}"
_PIPELINE = "arn:aws:codepipeline:{region}:{account}:{}"
_CONNECTION = "arn:aws:codeconnections:{region}:{account}:connection/{}"
_TO_CODEPIPELINE = Context({"codeconnections:passedtoservice": "codepipeline.amazonaws.com"})


def _on_projects(call: str, *members: str) -> Rule:
    """On the projects that names, ids of builds or ARNs tell."""

    def rule(operation: Operation, _: Estate) -> Iterator[Need]:
        context = request_tags(operation, "tags")
        for name in _names(operation, *members):
            yield Need(f"codebuild:{call}", _project(operation, name), context)

    return rule


def _with_role(rule: Rule, service: str, *path: str) -> Rule:
    """… and the role at a path of members, handed to the service."""

    def both(operation: Operation, estate: Estate) -> Iterator[Need]:
        yield from rule(operation, estate)
        role: Any = operation.members
        for name in path:
            role = (role or {}).get(name)
        if role:
            yield Need("iam:PassRole", str(role), Context({"iam:passedtoservice": service}))

    return both


def _reports(operation: Operation, _: Estate) -> Iterator[Need]:
    for arn in _names(operation, "reportArns"):
        group = arn.rpartition("/")[2].partition(":")[0]
        yield Need("codebuild:BatchGetReports", _here(operation, _GROUP, group))


def _on_pipeline(call: str) -> Rule:
    def rule(operation: Operation, _: Estate) -> Iterator[Need]:
        declared: Any = operation.members.get("pipeline") or {}
        name = operation.text("name") or operation.text("pipelineName") or declared.get("name") or "*"
        place = "/".join(
            [name, *(operation.text(each) for each in _PARTS.get(call, ()) if operation.text(each))]
        )
        yield Need(
            f"codepipeline:{call}", _here(operation, _PIPELINE, place), request_tags(operation, "tags")
        )

    return rule


# Calls that are about a stage or an action of a pipeline.
_PARTS = {"RetryStageExecution": ("stageName",), "PutApprovalResult": ("stageName", "actionName")}


def _with_connections(rule: Rule) -> Rule:
    """… and the connections that its sources name, handed to CodePipeline."""

    def both(operation: Operation, estate: Estate) -> Iterator[Need]:
        yield from rule(operation, estate)
        declared: Any = operation.members.get("pipeline") or {}
        for stage in declared.get("stages") or []:
            for action in stage.get("actions") or []:
                if arn := (action.get("configuration") or {}).get("ConnectionArn"):
                    yield Need("codeconnections:PassConnection", arn, _TO_CODEPIPELINE)

    return both


def _project(operation: Operation, name: str) -> str:
    return _here(operation, _PROJECT, name.rpartition("/")[2].partition(":")[0])


def _here(operation: Operation, template: str, name: str) -> str:
    return template.format(name, region=operation.region, account=operation.account)


def _names(operation: Operation, *members: str) -> list[str]:
    values = [operation.members.get(member) for member in members]
    return [
        str(name) for value in values if value for name in (value if isinstance(value, list) else [value])
    ]


CODEBUILD: Rules = {
    "CreateProject": _with_role(
        _on_projects("CreateProject", "name"), "codebuild.amazonaws.com", "serviceRole"
    ),
    "UpdateProject": _with_role(
        _on_projects("UpdateProject", "name"), "codebuild.amazonaws.com", "serviceRole"
    ),
    "DeleteProject": _on_projects("DeleteProject", "name"),
    "BatchGetProjects": _on_projects("BatchGetProjects", "names"),
    "StartBuild": _on_projects("StartBuild", "projectName"),
    "StopBuild": _on_projects("StopBuild", "id"),
    "BatchGetBuilds": _on_projects("BatchGetBuilds", "ids"),
    "ListBuildsForProject": _on_projects("ListBuildsForProject", "projectName"),
    "BatchGetReports": _reports,
}
CODEPIPELINE: Rules = {
    **{
        call: _with_connections(
            _with_role(_on_pipeline(call), "codepipeline.amazonaws.com", "pipeline", "roleArn")
        )
        for call in ("CreatePipeline", "UpdatePipeline")
    },
    **{
        call: _on_pipeline(call)
        for call in (
            *("GetPipeline", "DeletePipeline", "StartPipelineExecution", "StopPipelineExecution"),
            *("GetPipelineExecution", "ListPipelineExecutions", "ListActionExecutions", "GetPipelineState"),
            *("PutApprovalResult", "RetryStageExecution"),
        )
    },
    **derived("codepipeline", "codepipeline", {}, ("ListPipelines",)),
    **derived(
        "codepipeline",
        "codepipeline",
        {"resourceArn": ""},
        ("ListTagsForResource", "TagResource", "UntagResource"),
    ),
}

_OF_CONNECTIONS = derived(
    "codeconnections",
    "codeconnections",
    {"ConnectionArn": "", "ResourceArn": ""},
    (
        *("CreateConnection", "GetConnection", "DeleteConnection"),
        *("ListTagsForResource", "TagResource", "UntagResource"),
    ),
)


def _create_connection(operation: Operation, estate: Estate) -> Iterator[Need]:
    """It is about no resource, and tags that it gives are a permission of their own, on the connection to be."""
    provider = Context({"codeconnections:providertype": operation.text("ProviderType") or None})
    tags = request_tags(operation, "Tags")
    for need in _OF_CONNECTIONS["CreateConnection"](operation, estate):
        yield Need(need.action, need.resource, need.context | provider | tags)
    if operation.members.get("Tags"):
        yield Need("codeconnections:TagResource", _here(operation, _CONNECTION, "*"), tags)


CODECONNECTIONS: Rules = {**_OF_CONNECTIONS, "CreateConnection": _create_connection}
