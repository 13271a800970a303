"""Autoscaling in memory: a Scaling."""

from collections.abc import Collection
from dataclasses import dataclass, field

from modeldelivery.release.version import Version


@dataclass
class FakeScaling:
    """Scales everything but `missing`; `unreachable` is what every look raises."""

    missing: set[Version] = field(default_factory=set)
    unreachable: Exception | None = None

    def unscaled(self, versions: Collection[Version]) -> frozenset[Version]:
        if self.unreachable:
            raise self.unreachable
        return frozenset(versions) & self.missing
