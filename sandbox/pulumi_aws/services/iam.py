# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""IAM: roles and their inline policies. IAM knows no region."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sandbox.pulumi_aws.kind import TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import document, flag, integer, text
from sandbox.pulumi_aws.shape import tag_list, tag_map


class Role(Kind):
    pulumi_type = "aws:iam/role:Role"
    properties = {
        "name": text(replaces=True, computed=True),
        "assumeRolePolicy": document(required=True),
        "path": text(replaces=True, default="/"),
        "description": text(),
        "maxSessionDuration": integer(default=3600),
        "permissionsBoundary": text(),
        "forceDetachPolicies": flag(default=False, local=True),
        "arn": text(output=True),
        "createDate": text(output=True),
        "uniqueId": text(output=True),
        **TAGS,
    }
    auto_name = AutoName("name", 64)
    gone = ("NoSuchEntity",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        optional = {
            "Description": inputs.get("description"),
            "MaxSessionDuration": inputs.get("maxSessionDuration"),
            "PermissionsBoundary": inputs.get("permissionsBoundary"),
        }
        place(
            "iam",
            "create_role",
            RoleName=inputs["name"],
            Path=inputs.get("path") or "/",
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Tags=tag_list(inputs.get("tags") or {}),
            **{name: value for name, value in optional.items() if value},
        )
        return str(inputs["name"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        role = place("iam", "get_role", RoleName=id_)["Role"]
        return {
            "name": role["RoleName"],
            "path": role["Path"],
            "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
            "description": role.get("Description", ""),
            "maxSessionDuration": role["MaxSessionDuration"],
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            "arn": role["Arn"],
            "createDate": role["CreateDate"].isoformat(),
            "uniqueId": role["RoleId"],
            "tags": tag_map(role.get("Tags", [])),
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
        if "assumeRolePolicy" in changed:
            place("iam", "update_assume_role_policy", RoleName=id_, PolicyDocument=inputs["assumeRolePolicy"])
        if changed & {"description", "maxSessionDuration"}:
            place(
                "iam",
                "update_role",
                RoleName=id_,
                Description=inputs.get("description") or "",
                MaxSessionDuration=inputs.get("maxSessionDuration") or 3600,
            )
        if "permissionsBoundary" in changed:
            boundary = inputs.get("permissionsBoundary")
            if boundary:
                place("iam", "put_role_permissions_boundary", RoleName=id_, PermissionsBoundary=boundary)
            else:
                place("iam", "delete_role_permissions_boundary", RoleName=id_)

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        place("iam", "tag_role", RoleName=id_, Tags=tag_list(tags))

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        place("iam", "untag_role", RoleName=id_, TagKeys=sorted(keys))

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        if recorded.get("forceDetachPolicies"):
            for policy in place.aws.pages(
                "iam", "list_attached_role_policies", "AttachedPolicies", region=place.region, RoleName=id_
            ):
                place("iam", "detach_role_policy", RoleName=id_, PolicyArn=policy["PolicyArn"])
            for name in place("iam", "list_role_policies", RoleName=id_)["PolicyNames"]:
                place("iam", "delete_role_policy", RoleName=id_, PolicyName=name)
        place("iam", "delete_role", RoleName=id_)


class RolePolicy(Kind):
    """Its id is `ROLE:NAME`."""

    pulumi_type = "aws:iam/rolePolicy:RolePolicy"
    properties = {
        "name": text(replaces=True, computed=True),
        "role": text(required=True, replaces=True),
        "policy": document(required=True),
    }
    auto_name = AutoName("name", 128)
    gone = ("NoSuchEntity",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        self._put(place, inputs["role"], inputs["name"], inputs["policy"])
        return f"{inputs['role']}:{inputs['name']}"

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        role, _, name = id_.partition(":")
        response = place("iam", "get_role_policy", RoleName=role, PolicyName=name)
        return {"role": role, "name": name, "policy": json.dumps(response["PolicyDocument"])}

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        role, _, name = id_.partition(":")
        self._put(place, role, name, inputs["policy"])

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        role, _, name = id_.partition(":")
        place("iam", "delete_role_policy", RoleName=role, PolicyName=name)

    def _put(self, place: Place, role: str, name: str, policy: str) -> None:
        place("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=policy)


KINDS: tuple[Kind, ...] = (Role(), RolePolicy())
