"""The environment's CodePipeline pipeline, and CodeBuild's builds of its stages.

What a build exported CodePipeline tells only of one that succeeded; CodeBuild tells it of each.
Sources: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ListActionExecutions.html,
https://docs.aws.amazon.com/codebuild/latest/APIReference/API_BatchGetBuilds.html
"""

from typing import Any

import msgspec

from modeldelivery.release.aws.errors import AbsentError, ask, translated_or_absent
from modeldelivery.release.core.builds import Action, Build, Listed, assemble

_PAGE, _MOST_BUILDS = 100, 100  # of a list, and of one BatchGetBuilds


class CodePipelineBuilds(msgspec.Struct, frozen=True, kw_only=True):
    """A `Builds`.

    Attributes:
        codepipeline, codebuild: patient clients.
        name: of the pipeline.
    """

    codepipeline: Any
    codebuild: Any
    name: str

    def newest(self, count: int) -> tuple[Build, ...] | None:
        try:
            with translated_or_absent(f"codepipeline:ListPipelineExecutions {self.name}"):
                page = self.codepipeline.list_pipeline_executions(pipelineName=self.name, maxResults=count)
        except AbsentError:
            return None
        listed = [_listed(each) for each in page["pipelineExecutionSummaries"]]
        details = [one for each in listed for one in self._details(each.id)]
        exported = self._exported([id_ for one in details if (id_ := _build_of(one))])
        return assemble(listed, [_action(one, exported) for one in details])

    def _details(self, execution: str) -> list[Any]:
        details: list[Any] = []
        more: dict[str, str] = {}
        while True:
            page = self._page(execution, more)
            details += page["actionExecutionDetails"]
            if "nextToken" not in page:
                return details
            more = {"nextToken": page["nextToken"]}

    def _page(self, execution: str, more: dict[str, str]) -> Any:
        return ask(
            f"codepipeline:ListActionExecutions {self.name}",
            lambda: self.codepipeline.list_action_executions(
                pipelineName=self.name,
                filter={"pipelineExecutionId": execution},
                maxResults=_PAGE,
                **more,
            ),
        )

    def _exported(self, builds: list[str]) -> dict[str, dict[str, str]]:
        """What builds exported, by their ids."""
        exported: dict[str, dict[str, str]] = {}
        for first in range(0, len(builds), _MOST_BUILDS):
            exported |= self._batch(builds[first : first + _MOST_BUILDS])
        return exported

    def _batch(self, ids: list[str]) -> dict[str, dict[str, str]]:
        response = ask("codebuild:BatchGetBuilds", lambda: self.codebuild.batch_get_builds(ids=ids))
        return {
            each["id"]: {one["name"]: one["value"] for one in each.get("exportedEnvironmentVariables", ())}
            for each in response["builds"]
        }


def _listed(shown: Any) -> Listed:
    revision: dict[str, str] = next(iter(shown.get("sourceRevisions", ())), {})
    return Listed(
        id=shown["pipelineExecutionId"],
        status=shown["status"],
        started=shown["startTime"].timestamp(),
        changed=shown["lastUpdateTime"].timestamp(),
        revision=revision.get("revisionId", ""),
        summary=revision.get("revisionSummary", ""),
        trigger=shown.get("trigger", {}).get("triggerType", ""),
        stop=shown.get("stopTrigger", {}).get("reason", ""),
    )


def _build_of(detail: Any) -> str:
    """Id of the action's build; "" for none."""
    if detail.get("input", {}).get("actionTypeId", {}).get("provider") != "CodeBuild":
        return ""
    return str(detail.get("output", {}).get("executionResult", {}).get("externalExecutionId", ""))


def _action(detail: Any, exported: dict[str, dict[str, str]]) -> Action:
    result = detail.get("output", {}).get("executionResult", {})
    build = _build_of(detail)
    return Action(
        execution=detail["pipelineExecutionId"],
        stage=detail["stageName"],
        status=detail["status"],
        started=detail["startTime"].timestamp(),
        changed=detail["lastUpdateTime"].timestamp(),
        build=build,
        message=result.get("errorDetails", {}).get("message", "")
        or result.get("externalExecutionSummary", ""),
        variables=exported.get(build, {}),
    )
