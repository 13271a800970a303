"""The Endpoint's inputs as they come over the wire, read strictly."""

from collections.abc import Mapping
from typing import Any

import msgspec

from modeldelivery.plugin.values import UNKNOWN
from modeldelivery.release.core.request import BadRequestError, Request, Rules
from modeldelivery.release.version import BadVersionError, Version, parse_version

NOT_YET = "(known after apply)"


class BadInputError(ValueError):
    """An input that is not what the resource takes; `key` is the property's name."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key


class Release(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    live: str
    fleet: tuple[str, ...]


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """One version and what it runs on."""

    version: str
    digest: str
    model_name: str
    instance_type: str
    instance_count: int


class RulesInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    rollout_required: bool
    separate_drop: bool
    bake_seconds: int
    # Of the preview's reader, not of ours: kept here, so that it sees when the rule is given up.
    promotes_from: str | None = None


class JournalPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bucket: str
    key: str


class EndpointInputs(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True
):
    """See docs/architecture.md.

    `weights`, `serving_at_check` and `fallback_at_check` are added by check, never written by a program; `approvals` are for
    whoever judges the resource, and change nothing on the endpoint.
    """

    endpoint_name: str
    region: str
    allowed_accounts: tuple[str, ...]
    release: Release
    variants: tuple[Member, ...]
    rules: RulesInput
    journal: JournalPlace
    profile: str | None = None
    kms_key_arn: str | None = None
    tags: dict[str, str] = {}
    approvals: dict[str, str] = {}
    weights: dict[str, int] | None = None
    serving_at_check: dict[str, int] | None = None
    fallback_at_check: str | None = None

    @property
    def request(self) -> Request:
        """What config asks; raises BadInputError."""
        try:
            fleet = tuple(parse_version(v) for v in self.release.fleet)
            digests = {parse_version(m.version): m.digest for m in self.variants}
            return Request(
                live=parse_version(self.release.live),
                fleet=fleet,
                digests=digests,
                rules=Rules(
                    rollout_required=self.rules.rollout_required,
                    separate_drop=self.rules.separate_drop,
                    bake_seconds=self.rules.bake_seconds,
                ),
            )
        except (BadVersionError, BadRequestError) as error:
            raise BadInputError("release", str(error)) from error

    @property
    def members(self) -> dict[Version, Member]:
        """What each version of the fleet runs on."""
        return {parse_version(m.version): m for m in self.variants}


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
