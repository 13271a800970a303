"""The fleet of an environment where candidates join by rule, as its registry, its journal and its endpoint have it now."""

from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import Protocol

from modeldelivery.release.approval import APPROVED
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.membership import members, newest_first
from modeldelivery.release.core.request import Release
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.version import Version


class Records(Protocol):
    """What is registered."""

    def record(self, version: Version) -> VersionRecord | None:
        """None of a version that is not registered, or not completely."""

    def versions(self) -> tuple[Version, ...]:
        """Every version that was claimed."""


class Versions:
    """What an environment says of its versions; each is read once.

    Raises:
        UncertainError, UnreachableError, DamagedError: from what it reads with.
    """

    def __init__(self, records: Records, approval: Callable[[VersionRecord], str]) -> None:
        self.record = cache(records.record)
        self.registered = cache(records.versions)
        self._approval = approval
        self.approval = cache(self._read_approval)

    def _read_approval(self, version: Version) -> str | None:
        record = self.record(version)
        return self._approval(record) if record else None

    def fleet(
        self, release: Release, candidates: int, journal: Journal, endpoint: Endpoint | None
    ) -> tuple[Version, ...]:
        """Config's versions, those in use, and as many candidates."""

        def may_join(version: Version) -> bool:
            record = self.record(version)
            digest = record.digests.id if record else None
            return self.approval(version) == APPROVED and journal.rejection_of(version, digest) is None

        newest = filter(may_join, newest_first(release.live, self.registered()))
        return members(release, islice(newest, candidates), journal, endpoint)
