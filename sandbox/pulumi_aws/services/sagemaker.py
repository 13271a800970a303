# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""SageMaker: model package groups and models, of which only tags can be changed, and pipelines."""

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.pulumi_aws.kind import REGION, TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import block, blocks, flag, integer, mapping, text, texts
from sandbox.pulumi_aws.shape import from_api, tag_list, tag_map, to_api

_CONTAINER = {
    "image": text(),
    "modelDataUrl": text(),
    "modelPackageName": text(),
    "containerHostname": text(),
    "environment": mapping(),
    "inferenceSpecificationName": text(),
    "mode": text(one_of=("SingleModel", "MultiModel"), default="SingleModel"),
    "imageConfig": block(
        {"repositoryAccessMode": text(required=True, one_of=("Platform", "Vpc"))},
    ),
}


class _Tagged(Kind):
    gone = ("Could not find", "does not exist")  # SageMaker says it with the code of every bad request

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        place("sagemaker", "add_tags", ResourceArn=outputs["arn"], Tags=tag_list(tags))

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        place("sagemaker", "delete_tags", ResourceArn=outputs["arn"], TagKeys=sorted(keys))

    def tags(self, place: Place, arn: str) -> dict[str, str]:
        return tag_map(place("sagemaker", "list_tags", ResourceArn=arn)["Tags"])


class ModelPackageGroup(_Tagged):
    pulumi_type = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"
    properties = {
        "modelPackageGroupName": text(required=True, replaces=True),
        "modelPackageGroupDescription": text(replaces=True),
        "arn": text(output=True, api="ModelPackageGroupArn"),
        **TAGS,
        **REGION,
    }

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        named = {name: self.properties[name] for name in self.properties if name.startswith("model")}
        tags = tag_list(inputs.get("tags") or {})
        place(
            "sagemaker",
            "create_model_package_group",
            **to_api(named, inputs),
            **({"Tags": tags} if tags else {}),
        )
        return str(inputs["modelPackageGroupName"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        observed = from_api(
            self.properties, place("sagemaker", "describe_model_package_group", ModelPackageGroupName=id_)
        )
        return {**observed, "tags": self.tags(place, observed["arn"])}

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("sagemaker", "delete_model_package_group", ModelPackageGroupName=id_)


class Model(_Tagged):
    pulumi_type = "aws:sagemaker/model:Model"
    properties = {
        "name": text(replaces=True, computed=True, api="ModelName"),
        "executionRoleArn": text(required=True, replaces=True),
        "primaryContainer": block(_CONTAINER, replaces=True),
        "containers": blocks(_CONTAINER, replaces=True),
        "enableNetworkIsolation": flag(default=False, replaces=True),
        "vpcConfig": block(
            {
                "securityGroupIds": texts(required=True, unordered=True),
                "subnets": texts(required=True, unordered=True),
            },
            replaces=True,
        ),
        "arn": text(output=True, api="ModelArn"),
        **TAGS,
        **REGION,
    }
    auto_name = AutoName("name", 63)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        named = {
            name: spec for name, spec in self.properties.items() if name not in {"tags", "tagsAll", "region"}
        }
        tags = tag_list(inputs.get("tags") or {})
        place("sagemaker", "create_model", **to_api(named, inputs), **({"Tags": tags} if tags else {}))
        return str(inputs["name"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        observed = from_api(self.properties, place("sagemaker", "describe_model", ModelName=id_))
        return {**observed, "tags": self.tags(place, observed["arn"])}

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("sagemaker", "delete_model", ModelName=id_)


class Pipeline(_Tagged):
    pulumi_type = "aws:sagemaker/pipeline:Pipeline"
    properties = {
        "pipelineName": text(required=True, replaces=True),
        "pipelineDisplayName": text(required=True),
        "pipelineDescription": text(),
        "pipelineDefinition": text(),
        "roleArn": text(),
        "parallelismConfiguration": block({"maxParallelExecutionSteps": integer(required=True)}),
        "arn": text(output=True, api="PipelineArn"),
        **TAGS,
        **REGION,
    }

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        tags = tag_list(inputs.get("tags") or {})
        place("sagemaker", "create_pipeline", **self._sent(inputs), **({"Tags": tags} if tags else {}))
        return str(inputs["pipelineName"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        observed = from_api(self.properties, place("sagemaker", "describe_pipeline", PipelineName=id_))
        return {**observed, "tags": self.tags(place, observed["arn"])}

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        place(
            "sagemaker",
            "update_pipeline",
            PipelineName=id_,
            **self._sent({name: inputs.get(name) for name in changed}),
        )

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("sagemaker", "delete_pipeline", PipelineName=id_)

    def _sent(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        named = {
            name: spec for name, spec in self.properties.items() if name not in {"tags", "tagsAll", "region"}
        }
        return to_api(named, inputs)


KINDS: tuple[Kind, ...] = (ModelPackageGroup(), Model(), Pipeline())
