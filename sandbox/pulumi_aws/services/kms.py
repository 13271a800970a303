# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""KMS: keys and their aliases."""

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.pulumi_aws.kind import REGION, TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import document, flag, integer, text

_DELETION_DAYS = 30


class Key(Kind):
    pulumi_type = "aws:kms/key:Key"
    properties = {
        "description": text(computed=True),
        "policy": document(computed=True),
        "enableKeyRotation": flag(default=False),
        "rotationPeriodInDays": integer(computed=True),
        "isEnabled": flag(default=True),
        "deletionWindowInDays": integer(local=True),
        "bypassPolicyLockoutSafetyCheck": flag(default=False, local=True),
        "customerMasterKeySpec": text(default="SYMMETRIC_DEFAULT", replaces=True, api="KeySpec"),
        "keyUsage": text(default="ENCRYPT_DECRYPT", replaces=True),
        "multiRegion": flag(computed=True, replaces=True),
        "arn": text(output=True),
        "keyId": text(output=True),
        **TAGS,
        **REGION,
    }
    completes = ("enableKeyRotation", "rotationPeriodInDays", "isEnabled")
    gone = ("NotFoundException",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        sent = {
            "KeySpec": inputs.get("customerMasterKeySpec")
            or self.properties["customerMasterKeySpec"].default,
            "KeyUsage": inputs.get("keyUsage") or self.properties["keyUsage"].default,
            "Description": inputs.get("description"),
            "Policy": inputs.get("policy"),
            "MultiRegion": inputs.get("multiRegion"),
            "BypassPolicyLockoutSafetyCheck": inputs.get("bypassPolicyLockoutSafetyCheck"),
            "Tags": _tag_keys(inputs.get("tags") or {}) or None,
        }
        given = {name: value for name, value in sent.items() if value is not None}
        return str(place("kms", "create_key", **given)["KeyMetadata"]["KeyId"])

    def complete(self, place: Place, id_: str, inputs: Mapping[str, Any]) -> None:
        if inputs.get("enableKeyRotation"):
            self._rotate(place, id_, inputs)
        if inputs.get("isEnabled") is False:
            place("kms", "disable_key", KeyId=id_)

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        metadata = place("kms", "describe_key", KeyId=id_)["KeyMetadata"]
        if metadata["KeyState"] == "PendingDeletion":
            return None
        rotation = place("kms", "get_key_rotation_status", KeyId=id_)
        observed = {
            "arn": metadata["Arn"],
            "keyId": metadata["KeyId"],
            "description": metadata.get("Description", ""),
            "policy": place("kms", "get_key_policy", KeyId=id_, PolicyName="default")["Policy"],
            "enableKeyRotation": rotation["KeyRotationEnabled"],
            "isEnabled": metadata["Enabled"],
            "customerMasterKeySpec": metadata["KeySpec"],
            "keyUsage": metadata["KeyUsage"],
            "multiRegion": metadata.get("MultiRegion", False),
            "tags": {
                tag["TagKey"]: tag["TagValue"]
                for tag in place("kms", "list_resource_tags", KeyId=id_)["Tags"]
            },
        }
        if rotation.get("RotationPeriodInDays"):
            observed["rotationPeriodInDays"] = rotation["RotationPeriodInDays"]
        return observed

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        if inputs.get("isEnabled") is not False and "isEnabled" in changed:
            place("kms", "enable_key", KeyId=id_)  # first: a disabled key takes no other change
        if changed & {"enableKeyRotation", "rotationPeriodInDays"}:
            if inputs.get("enableKeyRotation"):
                self._rotate(place, id_, inputs)
            else:
                place("kms", "disable_key_rotation", KeyId=id_)
        if "description" in changed:
            place("kms", "update_key_description", KeyId=id_, Description=inputs.get("description") or "")
        if "policy" in changed:
            place("kms", "put_key_policy", KeyId=id_, PolicyName="default", Policy=inputs["policy"])
        if inputs.get("isEnabled") is False and "isEnabled" in changed:
            place("kms", "disable_key", KeyId=id_)

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        place("kms", "tag_resource", KeyId=id_, Tags=_tag_keys(tags))

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        place("kms", "untag_resource", KeyId=id_, TagKeys=sorted(keys))

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        days = recorded.get("deletionWindowInDays") or _DELETION_DAYS
        place("kms", "schedule_key_deletion", KeyId=id_, PendingWindowInDays=days)

    def _rotate(self, place: Place, id_: str, inputs: Mapping[str, Any]) -> None:
        days = inputs.get("rotationPeriodInDays")
        place("kms", "enable_key_rotation", KeyId=id_, **({"RotationPeriodInDays": days} if days else {}))


class Alias(Kind):
    pulumi_type = "aws:kms/alias:Alias"
    properties = {
        "name": text(replaces=True, computed=True),
        "targetKeyId": text(required=True),
        "arn": text(output=True),
        "targetKeyArn": text(output=True),
        **REGION,
    }
    auto_name = AutoName("name", 256, "alias/{}".format)
    gone = ("NotFoundException",)

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        place("kms", "create_alias", AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
        return str(inputs["name"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        aliases = place.aws.pages("kms", "list_aliases", "Aliases", region=place.region)
        alias = next((one for one in aliases if one["AliasName"] == id_), None)
        if alias is None or "TargetKeyId" not in alias:
            return None
        key = place("kms", "describe_key", KeyId=alias["TargetKeyId"])["KeyMetadata"]["Arn"]
        # A program may name the key by ARN or by id: what it said stays, while it means the key.
        stated = recorded.get("targetKeyId")
        return {
            "name": id_,
            "arn": alias["AliasArn"],
            "targetKeyArn": key,
            "targetKeyId": stated if stated == key else alias["TargetKeyId"],
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
        place("kms", "update_alias", AliasName=id_, TargetKeyId=inputs["targetKeyId"])

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("kms", "delete_alias", AliasName=id_)


def _tag_keys(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in sorted(tags.items())]


KINDS: tuple[Kind, ...] = (Key(), Alias())
