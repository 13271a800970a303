"""What config asks of an endpoint."""

from collections.abc import Mapping

import msgspec

from modeldelivery.release.naming import MAX_FLEET
from modeldelivery.release.version import Version


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How careful an environment is; staging and prod differ in these values only.

    Attributes:
        rollout_required: config's `live` may only name a version that finished a rollout here, or that served here.
        separate_drop: moving traffic and dropping the version it leaves are two changes.
        bake_seconds: how long a version serves before the fleet may change again.
    """

    rollout_required: bool = False
    separate_drop: bool = False
    bake_seconds: int = 0


class BadRequestError(ValueError):
    """A release that contradicts itself."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The release as config states it, with the digest set of each version of the fleet.

    Raises:
        BadRequestError: on construction, when `live` is not in the fleet, the fleet repeats a version, is empty or larger than
            SageMaker takes, or a digest is missing.
    """

    live: Version
    fleet: tuple[Version, ...]
    digests: Mapping[Version, str]
    rules: Rules = Rules()

    def __post_init__(self) -> None:
        if not 1 <= len(self.fleet) <= MAX_FLEET:
            raise BadRequestError(
                f"release.fleet has {len(self.fleet)} versions: SageMaker takes 1 to {MAX_FLEET}"
            )
        repeated = sorted({v for v in self.fleet if self.fleet.count(v) > 1})
        if repeated:
            raise BadRequestError(f"release.fleet names {', '.join(repeated)} more than once")
        if self.live not in self.fleet:
            raise BadRequestError(
                f"release.live {self.live} is not in release.fleet {list(self.fleet)}: add it there"
            )
        missing = [v for v in self.fleet if v not in self.digests]
        if missing:
            raise BadRequestError(f"no digest set is known for {', '.join(missing)}")
