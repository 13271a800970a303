"""KMS: keys and aliases, and the use of a key by a service on the caller's behalf.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
"""

from collections.abc import Iterator

from sandbox.iam.core.access import Context, Need
from sandbox.iam.operation import Operation
from sandbox.iam.permissions.rule import Estate, Rule, Rules, request_tags

_OF_KEY = (
    *("DescribeKey", "GetKeyPolicy", "PutKeyPolicy", "GetKeyRotationStatus", "EnableKeyRotation"),
    *("DisableKeyRotation", "EnableKey", "DisableKey", "ListResourceTags", "TagResource", "UntagResource"),
    *("UpdateKeyDescription", "ScheduleKeyDeletion", "CancelKeyDeletion"),
    *("Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
)
_DIRECT = Context({"kms:viaservice": None, "kms:grantisforawsresource": None, "kms:requestalias": None})


def through(service: str, region: str, action: str, key: str) -> Need:
    """What a caller needs of a key that a service uses for the caller."""
    for_service = "true" if action == "CreateGrant" else None
    return Need(
        f"kms:{action}",
        key,
        _DIRECT
        | Context(
            {
                "kms:viaservice": f"{service}.{region}.amazonaws.com",
                "kms:grantisforawsresource": for_service,
            }
        ),
    )


def _of_key(call: str) -> Rule:
    def rule(operation: Operation, estate: Estate) -> Iterator[Need]:
        name = operation.text("KeyId") or estate.ciphertext_key(
            operation.members.get("CiphertextBlob") or b""
        )
        alias = name[name.index("alias/") :] if "alias/" in name else None
        context = _DIRECT | Context({"kms:requestalias": alias}) | request_tags(operation, "Tags")
        yield Need(f"kms:{call}", estate.key_arn(operation.account, operation.region, name), context)

    return rule


def _of_alias(call: str) -> Rule:
    """An alias's calls need the permission on the alias and on its key; one that moves it, on both keys."""

    def rule(operation: Operation, estate: Estate) -> Iterator[Need]:
        account, region, alias = operation.account, operation.region, operation.text("AliasName")
        yield Need(f"kms:{call}", f"arn:aws:kms:{region}:{account}:{alias}", _DIRECT)
        named = operation.text("TargetKeyId")
        keys = [estate.alias_target(account, region, alias) if call != "CreateAlias" else ""]
        keys += [estate.key_arn(account, region, named) if named else ""]
        for key in dict.fromkeys(filter(None, keys)):
            yield Need(f"kms:{call}", key, _DIRECT)

    return rule


def _create_key(operation: Operation, _: Estate) -> Iterator[Need]:
    context = _DIRECT | request_tags(operation, "Tags")
    yield Need("kms:CreateKey", "*", context)
    if operation.members.get("Tags"):
        yield Need("kms:TagResource", f"arn:aws:kms:{operation.region}:{operation.account}:key/*", context)


def _list_aliases(_: Operation, __: Estate) -> Iterator[Need]:
    yield Need("kms:ListAliases", "*", _DIRECT)


RULES: Rules = {
    **{call: _of_key(call) for call in _OF_KEY},
    **{call: _of_alias(call) for call in ("CreateAlias", "UpdateAlias", "DeleteAlias")},
    "CreateKey": _create_key,
    "ListAliases": _list_aliases,
}
