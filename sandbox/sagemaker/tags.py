"""AddTags, ListTags, DeleteTags on whatever carries an ARN here."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.refusal import RefusedError
from sandbox.sagemaker.requests import AddTags, DeleteTags, ListTags, Tag
from sandbox.sagemaker.store import Account

_MOST = 50


def checked(tags: Iterable[Tag], existing: Mapping[str, str] | None = None) -> dict[str, str]:
    """Tags as a mapping; raises RefusedError for a key given twice, a reserved key, or more than 50."""
    given = list(tags)
    merged = dict(existing or {}) | {tag.key: tag.value for tag in given}
    if len({tag.key for tag in given}) != len(given):
        raise RefusedError("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if reserved := [tag.key for tag in given if tag.key.lower().startswith("aws:")]:
        raise RefusedError(f"aws: prefixed tag key names are not allowed for external use: {reserved[0]}")
    if len(merged) > _MOST:
        raise RefusedError(f"A resource carries at most {_MOST} tags, not {len(merged)}.")
    return merged


def add_tags(account: Account, request: AddTags) -> dict[str, Any]:
    _require(account, request.resource_arn)
    account.tags[request.resource_arn] = checked(request.tags, account.tags.get(request.resource_arn))
    return {"Tags": _shown(account, request.resource_arn)}


def list_tags(account: Account, request: ListTags) -> dict[str, Any]:
    _require(account, request.resource_arn)
    return {"Tags": _shown(account, request.resource_arn)}


def delete_tags(account: Account, request: DeleteTags) -> dict[str, Any]:
    _require(account, request.resource_arn)
    tags = account.tags.get(request.resource_arn, {})
    account.tags[request.resource_arn] = {k: v for k, v in tags.items() if k not in request.tag_keys}
    return {}


def _shown(account: Account, arn: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in account.tags.get(arn, {}).items()]


def _require(account: Account, arn: str) -> None:
    owned = [account.models, account.configs, account.endpoints, account.groups, account.packages]
    listed = any(resource.arn == arn for kind in owned for resource in kind.values())  # type: ignore[attr-defined]
    if not listed and arn not in account.tags:  # what other rooms make is there with its tags
        raise RefusedError(f'Could not find resource "{arn}".')
