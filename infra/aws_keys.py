"""pulumi-aws' own keys, as far as names and tags follow from them: held here before a provider sees them."""

import re
from typing import NewType

import msgspec

from infra.source import SettingsError, Source
from modeldelivery.release.core.request import IgnoredTags
from modeldelivery.release.naming import ACCOUNT, APPROVAL_TAG

STANDARD_TAGS = ("model", "environment", "owner", "managed-by")
_OWN_TAGS = (*STANDARD_TAGS, APPROVAL_TAG)

Region = NewType("Region", str)

_REGION = re.compile(r"(?!cn-|.*gov|.*iso)[a-z]{2}(-[a-z]+)+-\d")  # ARNs and hosts are the partition aws's


def region(source: Source) -> Region:
    """Of the partition aws."""
    return Region(source.matching("aws:region", _REGION, "a region of the partition aws, such as eu-west-1"))


def profile(source: Source) -> str | None:
    """A profile's name, which is never empty."""
    name = source.config.get("aws:profile")
    if name == "":
        raise SettingsError(
            f"{source.file}: aws:profile is empty; allowed: a profile's name, or no such line"
        )
    return name


def ignored_tags(source: Source) -> IgnoredTags | None:
    """Tags that others manage: no typing error may turn them into nothing, nor into this program's own."""
    name = "aws:ignoreTags"
    allowed = (
        '{keys: [CostCenter], keyPrefixes: ["acme:"]}, tags that others manage, none of them '
        + ", ".join(_OWN_TAGS)
    )
    text = source.config.get(name)
    if text is None:
        return None
    try:
        ignored = msgspec.json.decode(text, type=IgnoredTags)
    except msgspec.DecodeError as wrong:
        raise SettingsError(f"{source.file}: {name} is {text}: {wrong}; allowed: {allowed}") from wrong
    ours = [tag for tag in _OWN_TAGS if ignored.has(tag)]
    if ours or "" in (*ignored.keys, *ignored.key_prefixes):
        raise SettingsError(f"{source.file}: {name} is {text}; allowed: {allowed}")
    return ignored


def account(source: Source) -> str:
    """The one account that may be touched; names follow from it."""
    name = "aws:allowedAccountIds"
    allowed = 'exactly one account, 12 digits in quotes, such as ["111111111111"]'
    text = source.required(name, allowed)
    try:
        accounts = msgspec.json.decode(text, type=tuple[str, ...])
    except msgspec.DecodeError as wrong:
        raise SettingsError(f"{source.file}: {name} is {text}: {wrong}; allowed: {allowed}") from wrong
    if len(accounts) != 1 or not ACCOUNT.fullmatch(accounts[0]):
        raise SettingsError(f"{source.file}: {name} is {text}; allowed: {allowed}")
    return accounts[0]
