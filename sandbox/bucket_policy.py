"""Denials of bucket policies, judged as S3 judges them.

Allowances are not judged: the account that owns a bucket may use it, and no other may (`sandbox.buckets.check_owner`).
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
"""

import json
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from moto.s3.models import s3_backends

from sandbox.call import Call
from sandbox.refusal import RefusedError

# Headers that condition keys speak of; a key whose header is absent is absent.
_HEADERS = {
    "s3:if-match": "if-match",
    "s3:if-none-match": "if-none-match",
    "s3:x-amz-server-side-encryption": "x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "x-amz-server-side-encryption-aws-kms-key-id",
}
# Loopback stands for a channel that nobody else reads.
_FIXED = {"aws:securetransport": "true"}
_OPERATORS: dict[str, Callable[[str | None, list[str]], bool]] = {
    "Null": lambda value, wanted: ("true" if value is None else "false") in wanted,
    "Bool": lambda value, wanted: value is not None and value in wanted,
    "StringEquals": lambda value, wanted: value is not None and value in wanted,
    "StringNotEquals": lambda value, wanted: value not in wanted,
}


def check_policy(call: Call, account: str, path: str, headers: Mapping[str, str]) -> None:
    """Refuse a call that the bucket's policy denies (403 AccessDenied)."""
    bucket, _, key = path.lstrip("/").partition("/")
    found = s3_backends[account]["aws"].buckets.get(bucket) if call.service == "s3" else None
    if found is None or not found.policy:
        return
    resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    for statement in json.loads(found.policy)["Statement"]:
        concerned = (
            statement["Effect"] == "Deny"
            and _any(statement["Action"], f"s3:{call.action}")
            and _any(statement["Resource"], resource)
        )
        if concerned and _holds(statement.get("Condition", {}), headers):
            raise RefusedError(
                f"Access Denied by {statement.get('Sid', 'a statement')} of the policy of {bucket}",
                "AccessDenied",
                403,
            )


def _any(patterns: str | Iterable[str], text: str) -> bool:
    return any(
        fnmatchcase(text, pattern) for pattern in ([patterns] if isinstance(patterns, str) else patterns)
    )


def _holds(condition: Mapping[str, Mapping[str, Any]], headers: Mapping[str, str]) -> bool:
    """Whether every operator holds for every key; what the sandbox does not know it refuses to judge."""
    for operator, keys in condition.items():
        if operator not in _OPERATORS:
            raise RefusedError(
                f"the sandbox does not know the condition operator {operator}", "NotImplemented"
            )
        for key, wanted in keys.items():
            texts = [wanted] if isinstance(wanted, str) else list(wanted)
            if not _OPERATORS[operator](_value(key, headers), texts):
                return False
    return True


def _value(key: str, headers: Mapping[str, str]) -> str | None:
    name = key.lower()
    if name in _FIXED:
        return _FIXED[name]
    if name not in _HEADERS:
        raise RefusedError(f"the sandbox does not know the condition key {key}", "NotImplemented")
    return headers.get(_HEADERS[name])
