# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""CodeBuild: projects. Of what pulumi-aws knows, what the sandbox builds with."""

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.pulumi_aws.kind import REGION, TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import block, blocks, flag, integer, text
from sandbox.pulumi_aws.shape import camel, from_api, to_api

_LOGS = {
    "cloudwatchLogs": block(
        {
            "status": text(default="ENABLED", one_of=("ENABLED", "DISABLED")),
            "groupName": text(),
            "streamName": text(),
        },
        api="cloudWatchLogs",
    ),
    "s3Logs": block({"status": text(default="DISABLED", one_of=("ENABLED", "DISABLED"))}),
}


class Project(Kind):
    pulumi_type = "aws:codebuild/project:Project"
    properties = {
        **camel(
            {
                "name": text(replaces=True, computed=True),
                "description": text(computed=True),
                "artifacts": block({"type": text(required=True)}, required=True),
                "environment": block(
                    {
                        "computeType": text(required=True),
                        "image": text(required=True),
                        "type": text(required=True),
                        "environmentVariables": blocks(
                            {
                                "name": text(required=True),
                                "value": text(required=True),
                                "type": text(default="PLAINTEXT"),
                            }
                        ),
                        "imagePullCredentialsType": text(default="CODEBUILD"),
                        "privilegedMode": flag(default=False),
                    },
                    required=True,
                ),
                "serviceRole": text(required=True),
                "source": block({"type": text(required=True), "buildspec": text()}, required=True),
                "buildTimeout": integer(default=60, api="timeoutInMinutes"),
                "queuedTimeout": integer(default=480, api="queuedTimeoutInMinutes"),
                "encryptionKey": text(computed=True),
                "logsConfig": block(_LOGS),
                "arn": text(output=True),
            }
        ),
        **TAGS,
        **REGION,
    }
    auto_name = AutoName("name", 255)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        tags = _listed(inputs.get("tags") or {})
        answer = place("codebuild", "create_project", **self._sent(inputs), tags=tags)
        return str(answer["project"]["arn"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        projects = place("codebuild", "batch_get_projects", names=[id_])["projects"]
        if not projects:
            return None
        tags = {tag["key"]: tag["value"] for tag in projects[0].get("tags", ())}
        return {**from_api(self._own(), projects[0]), "tags": tags}

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        # Without these the project would keep what it has.
        silence = {"description": "", "logsConfig": {}}
        place("codebuild", "update_project", **{**silence, **self._sent(inputs)})

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        self._retag(place, id_, outputs, {**self._tags(place, id_), **tags})

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        kept = {key: value for key, value in self._tags(place, id_).items() if key not in keys}
        self._retag(place, id_, outputs, kept)

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("codebuild", "delete_project", name=id_)

    def _sent(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        sent = to_api(self._own(), inputs)
        for name, logs in sent.get("logsConfig", {}).items():  # CodeBuild itself has no default
            logs.setdefault("status", "ENABLED" if name == "cloudWatchLogs" else "DISABLED")
        return sent

    def _own(self) -> dict[str, Any]:
        return {name: spec for name, spec in self.properties.items() if name not in {*TAGS, *REGION}}

    def _tags(self, place: Place, id_: str) -> dict[str, str]:
        (project,) = place("codebuild", "batch_get_projects", names=[id_])["projects"]
        return {tag["key"]: tag["value"] for tag in project.get("tags", ())}

    def _retag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        place("codebuild", "update_project", name=outputs["name"], tags=_listed(tags))


def _listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


KINDS: tuple[Kind, ...] = (Project(),)
