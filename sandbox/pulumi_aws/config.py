"""The provider's own config, which the engine hands over as texts, objects among them as JSON."""

import os
from collections.abc import Mapping
from typing import Any

import msgspec

from modeldelivery.plugin.protocol import Failure, ProviderError
from modeldelivery.plugin.values import contains_unknown

_TEXTS = ("profile", "region", "version")
_FLAGS = (
    "skipCredentialsValidation",
    "skipMetadataApiCheck",
    "skipRegionValidation",
    "skipRequestingAccountId",
)
KEYS = tuple(sorted(("allowedAccountIds", "defaultTags", "ignoreTags", *_TEXTS, *_FLAGS)))


class _DefaultTags(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tags: dict[str, str] = {}


class IgnoreTags(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Tags that others manage; a tag is one of them by its key, or by how that begins."""

    keys: tuple[str, ...] = ()
    key_prefixes: tuple[str, ...] = ()

    def rest(self, tags: Mapping[str, str]) -> dict[str, str]:
        """The tags that are none of theirs."""
        return {
            key: value
            for key, value in tags.items()
            if key not in self.keys and not key.startswith(self.key_prefixes)
        }


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Where the provider works.

    Attributes:
        region: the AWS region, "" to take the profile's.
        profile: the AWS profile, "" for the default chain.
        allowed_accounts: the accounts that may be touched; empty for any.
        default_tags: tags of everything that can have tags.
        ignore_tags: tags that are neither seen, nor set, nor removed.
    """

    region: str = ""
    profile: str = ""
    allowed_accounts: tuple[str, ...] = ()
    default_tags: dict[str, str] = {}
    ignore_tags: IgnoreTags = IgnoreTags()


_OBJECTS: dict[str, Any] = {
    "allowedAccountIds": tuple[str, ...],
    "defaultTags": _DefaultTags,
    "ignoreTags": IgnoreTags,
}


def config_failures(given: Mapping[str, Any]) -> list[Failure]:
    """What is wrong with the config's keys and values."""
    failures = [
        Failure(key, f"aws:{key} is unknown to the sandbox's aws provider; known are {', '.join(KEYS)}")
        for key in given
        if key not in KEYS
    ]
    for key, kind in _OBJECTS.items():
        if key in given and not contains_unknown(given[key]):
            try:
                _parsed(given[key], kind)
            except msgspec.MsgspecError as wrong:
                failures.append(Failure(key, f"aws:{key} is {given[key]!r}: {wrong}"))
    failures += [
        Failure(key, f"aws:{key} is {given[key]!r}; true or false is allowed")
        for key in _FLAGS
        if key in given and given[key] not in ("true", "false", True, False)
    ]
    return failures


def parse_config(given: Mapping[str, Any]) -> Config:
    """The checked config; region and profile fall back to AWS's own variables, as with pulumi-aws."""
    for failure in config_failures(given):
        raise ProviderError(failure.reason)
    tags = _parsed(given["defaultTags"], _DefaultTags).tags if "defaultTags" in given else {}
    allowed = _parsed(given["allowedAccountIds"], tuple[str, ...]) if "allowedAccountIds" in given else ()
    region = given.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    ignored = _parsed(given["ignoreTags"], IgnoreTags) if "ignoreTags" in given else IgnoreTags()
    return Config(
        region=region,
        profile=given.get("profile") or "",
        allowed_accounts=allowed,
        default_tags=tags,
        ignore_tags=ignored,
    )


def _parsed(value: Any, kind: Any) -> Any:
    return msgspec.json.decode(value, type=kind) if isinstance(value, str) else msgspec.convert(value, kind)
