# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""CodePipeline: pipelines. Of what pulumi-aws knows, what the sandbox runs."""

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.pulumi_aws.kind import REGION, TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import block, blocks, integer, mapping, text, texts

_PATTERNS = {"includes": texts(unordered=True), "excludes": texts(unordered=True)}
_ACTION_TYPE = ("category", "owner", "provider", "version")
_ACTION = {
    "name": text(required=True),
    **{name: text(required=True) for name in _ACTION_TYPE},
    "configuration": mapping(),
    "inputArtifacts": texts(),
    "outputArtifacts": texts(),
    "namespace": text(),
    "runOrder": integer(default=1),
}


class Pipeline(Kind):
    pulumi_type = "aws:codepipeline/pipeline:Pipeline"
    properties = {
        "name": text(replaces=True, computed=True),
        "roleArn": text(required=True),
        "pipelineType": text(default="V2", one_of=("V1", "V2")),
        "executionMode": text(default="SUPERSEDED", one_of=("PARALLEL", "QUEUED", "SUPERSEDED")),
        "artifactStores": blocks(
            {
                "location": text(required=True),
                "type": text(required=True, one_of=("S3",)),
                "encryptionKey": block({"id": text(required=True), "type": text(required=True)}),
            },
            required=True,
        ),
        "stages": blocks(
            {
                "name": text(required=True),
                "actions": blocks(_ACTION, required=True),
                "onFailure": block(
                    {
                        "result": text(one_of=("ROLLBACK", "FAIL", "RETRY", "SKIP")),
                        "retryConfiguration": block(
                            {"retryMode": text(one_of=("FAILED_ACTIONS", "ALL_ACTIONS"))}
                        ),
                    }
                ),
            },
            required=True,
        ),
        "triggers": blocks(
            {
                "providerType": text(required=True),
                "gitConfiguration": block(
                    {
                        "sourceActionName": text(required=True),
                        "pushes": blocks({"tags": block(_PATTERNS), "branches": block(_PATTERNS)}),
                    },
                    required=True,
                ),
            }
        ),
        "variables": blocks({"name": text(required=True), "defaultValue": text(), "description": text()}),
        "arn": text(output=True),
        **TAGS,
        **REGION,
    }
    auto_name = AutoName("name", 100)
    gone = ("PipelineNotFoundException",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        tags = _listed(inputs.get("tags") or {})
        answer = place("codepipeline", "create_pipeline", pipeline=_sent(inputs), tags=tags)
        return str(answer["pipeline"]["name"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        answer = place("codepipeline", "get_pipeline", name=id_)
        arn = answer["metadata"]["pipelineArn"]
        tags = place("codepipeline", "list_tags_for_resource", resourceArn=arn)["tags"]
        return {
            **_received(answer["pipeline"]),
            "arn": arn,
            "tags": {tag["key"]: tag["value"] for tag in tags},
        }

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        place("codepipeline", "update_pipeline", pipeline=_sent(inputs))

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        place("codepipeline", "tag_resource", resourceArn=outputs["arn"], tags=_listed(tags))

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        place("codepipeline", "untag_resource", resourceArn=outputs["arn"], tagKeys=sorted(keys))

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("codepipeline", "delete_pipeline", name=id_)


def _sent(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A declaration, of inputs."""
    kept = {name: inputs[name] for name in ("name", "roleArn", "variables") if inputs.get(name)}
    return {
        **kept,
        "pipelineType": inputs.get("pipelineType") or "V2",
        "executionMode": inputs.get("executionMode") or "SUPERSEDED",
        "artifactStore": inputs["artifactStores"][0],
        "stages": [
            {**stage, "actions": [_action_sent(action) for action in stage["actions"]]}
            for stage in inputs["stages"]
        ],
        "triggers": [_trigger_renamed(trigger, "pushes", "push") for trigger in inputs.get("triggers") or ()],
    }


def _received(declaration: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs, of a declaration."""
    names = ("name", "roleArn", "pipelineType", "executionMode", "variables")
    return {
        **{name: declaration[name] for name in names if declaration.get(name)},
        "artifactStores": [declaration["artifactStore"]],
        "stages": [
            {**stage, "actions": [_action_received(action) for action in stage["actions"]]}
            for stage in declaration["stages"]
        ],
        "triggers": [
            _trigger_renamed(trigger, "push", "pushes") for trigger in declaration.get("triggers", ())
        ],
    }


def _action_sent(action: Mapping[str, Any]) -> dict[str, Any]:
    sent = {name: value for name, value in action.items() if name not in _ACTION_TYPE and value is not None}
    for name in ("inputArtifacts", "outputArtifacts"):
        if name in sent:
            sent[name] = [{"name": artifact} for artifact in sent[name]]
    return {**sent, "actionTypeId": {name: action[name] for name in _ACTION_TYPE}}


def _action_received(action: Mapping[str, Any]) -> dict[str, Any]:
    received = {name: value for name, value in action.items() if name != "actionTypeId"}
    for name in ("inputArtifacts", "outputArtifacts"):
        received[name] = [artifact["name"] for artifact in action.get(name, ())]
    return {**received, **action["actionTypeId"]}


def _trigger_renamed(trigger: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    git = {new if name == old else name: value for name, value in trigger["gitConfiguration"].items()}
    return {**trigger, "gitConfiguration": git}


def _listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


KINDS: tuple[Kind, ...] = (Pipeline(),)
