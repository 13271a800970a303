"""The Endpoint's inputs as they come over the wire, read strictly."""

from collections.abc import Mapping
from typing import Any

import msgspec

from modeldelivery.plugin.values import UNKNOWN
from modeldelivery.release.core.request import (
    BadRequestError,
    Capture,
    IgnoredTags,
    Member,
    Release,
    Request,
    Rules,
)
from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.version import Version

NOT_YET = "(known after apply)"


class BadInputError(DeliveryError):
    """An input that is not what the resource takes; `key` is the property's name."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key


class JournalPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bucket: str
    key: str


class EndpointInputs(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True
):
    """See docs/architecture.md.

    `ignore_tags` are left as they are on the endpoint. `weights`, `serving_at_check`, `fallback_at_check` and `drill_at_check` are added by check, never written by a program; `approvals` are for
    whoever judges the resource, and change nothing on the endpoint.
    """

    endpoint_name: str
    region: str
    allowed_accounts: tuple[str, ...]
    release: Release
    variants: tuple[Member, ...]
    rules: Rules
    journal: JournalPlace
    profile: str | None = None
    kms_key_arn: str | None = None
    capture: Capture | None = None
    tags: dict[str, str] = {}
    ignore_tags: IgnoredTags = IgnoredTags()
    approvals: dict[str, str] = {}
    weights: dict[str, int] | None = None
    serving_at_check: dict[str, int] | None = None
    fallback_at_check: str | None = None
    drill_at_check: str | None = None

    @property
    def request(self) -> Request:
        """What config asks; raises BadInputError."""
        try:
            digests = {m.version: m.digest for m in self.variants}
            return Request(release=self.release, digests=digests, rules=self.rules)
        except BadRequestError as error:
            raise BadInputError("release", str(error)) from error

    @property
    def members(self) -> dict[Version, Member]:
        """What each version of the fleet runs on."""
        return {m.version: m for m in self.variants}


def parse_inputs(properties: Mapping[str, Any]) -> EndpointInputs:
    """Read a resource's properties.

    Raises:
        BadInputError: naming the property, what it holds and what it takes.
    """
    try:
        return msgspec.convert(_plain(properties), EndpointInputs)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        key = path.rstrip("`").removeprefix("$.") or "endpointName"
        raise BadInputError(key, reason) from error


def _plain(value: Any) -> Any:
    """Without absent properties, and with a text where a preview does not know the value yet."""
    if value is UNKNOWN:
        return NOT_YET
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
