# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""ECR: repositories and their policies."""

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.pulumi_aws.kind import REGION, TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import block, blocks, document, flag, text
from sandbox.pulumi_aws.shape import from_api, tag_list, tag_map, to_api

_OF_REPOSITORY = {
    "repository": text(required=True, replaces=True, api="repositoryName"),
    "registryId": text(output=True),
    **REGION,
}


class Repository(Kind):
    pulumi_type = "aws:ecr/repository:Repository"
    properties = {
        "name": text(replaces=True, computed=True, api="repositoryName"),
        "imageTagMutability": text(
            default="MUTABLE", one_of=("MUTABLE", "IMMUTABLE"), api="imageTagMutability"
        ),
        "imageScanningConfiguration": block(
            {"scanOnPush": flag(required=True, api="scanOnPush")},
            computed=True,
            api="imageScanningConfiguration",
        ),
        "encryptionConfigurations": blocks(
            {
                "encryptionType": text(default="AES256", one_of=("AES256", "KMS"), api="encryptionType"),
                "kmsKey": text(computed=True, api="kmsKey"),
            },
            replaces=True,
            computed=True,
        ),
        "forceDelete": flag(default=False, local=True),
        "arn": text(output=True, api="repositoryArn"),
        "registryId": text(output=True, api="registryId"),
        "repositoryUrl": text(output=True, api="repositoryUri"),
        **TAGS,
        **REGION,
    }
    auto_name = AutoName("name", 256)
    gone = ("RepositoryNotFoundException",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        sent = to_api(
            _named(self.properties, "name", "imageTagMutability", "imageScanningConfiguration"), inputs
        )
        if inputs.get("encryptionConfigurations"):
            inner = self.properties["encryptionConfigurations"].inner
            sent["encryptionConfiguration"] = to_api(inner, inputs["encryptionConfigurations"][0])
        place("ecr", "create_repository", tags=tag_list(inputs.get("tags") or {}), **sent)
        return str(inputs["name"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        repository = place("ecr", "describe_repositories", repositoryNames=[id_])["repositories"][0]
        listed = place("ecr", "list_tags_for_resource", resourceArn=repository["repositoryArn"])["tags"]
        inner = self.properties["encryptionConfigurations"].inner
        encryption = repository.get("encryptionConfiguration")
        return {
            **from_api(
                _named(self.properties, *(set(self.properties) - {"tags", "tagsAll", "region"})), repository
            ),
            "encryptionConfigurations": [from_api(inner, encryption)] if encryption else [],
            "tags": tag_map(listed),
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
        if "imageTagMutability" in changed:
            place(
                "ecr",
                "put_image_tag_mutability",
                repositoryName=id_,
                imageTagMutability=inputs.get("imageTagMutability") or "MUTABLE",
            )
        if "imageScanningConfiguration" in changed:
            place(
                "ecr",
                "put_image_scanning_configuration",
                repositoryName=id_,
                imageScanningConfiguration=inputs["imageScanningConfiguration"],
            )

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        place("ecr", "tag_resource", resourceArn=outputs["arn"], tags=tag_list(tags))

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        place("ecr", "untag_resource", resourceArn=outputs["arn"], tagKeys=sorted(keys))

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("ecr", "delete_repository", repositoryName=id_, force=bool(recorded.get("forceDelete")))


class _Policy(Kind):
    """A policy of a repository: one text, put, got and deleted whole."""

    put = ""
    get = ""
    remove = ""
    text = ""

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        place("ecr", self.put, repositoryName=inputs["repository"], **{self.text: inputs["policy"]})
        return str(inputs["repository"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        response = place("ecr", self.get, repositoryName=id_)
        return {"repository": id_, "registryId": response["registryId"], "policy": response[self.text]}

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        place("ecr", self.put, repositoryName=id_, **{self.text: inputs["policy"]})

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("ecr", self.remove, repositoryName=id_)


class LifecyclePolicy(_Policy):
    pulumi_type = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
    properties = {"policy": document(required=True, replaces=True), **_OF_REPOSITORY}
    gone = ("RepositoryNotFoundException", "LifecyclePolicyNotFoundException")
    put, get, remove = "put_lifecycle_policy", "get_lifecycle_policy", "delete_lifecycle_policy"
    text = "lifecyclePolicyText"


class RepositoryPolicy(_Policy):
    pulumi_type = "aws:ecr/repositoryPolicy:RepositoryPolicy"
    properties = {"policy": document(required=True), **_OF_REPOSITORY}
    gone = ("RepositoryNotFoundException", "RepositoryPolicyNotFoundException")
    put, get, remove = "set_repository_policy", "get_repository_policy", "delete_repository_policy"
    text = "policyText"


def _named(table: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: table[name] for name in names}


KINDS: tuple[Kind, ...] = (Repository(), LifecyclePolicy(), RepositoryPolicy())
