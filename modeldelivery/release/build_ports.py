"""What is needed of the world to tell of builds; raises errors of `modeldelivery.release.errors`."""

from typing import Protocol

from modeldelivery.release.core.builds import Build


class Builds(Protocol):
    """The environment's build pipeline."""

    def newest(self, count: int) -> tuple[Build, ...] | None:
        """Its executions, the newest first; None where the environment has no such pipeline."""
        ...
