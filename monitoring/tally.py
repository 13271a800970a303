"""A counter made of values by the minute that come late, and grow after they were first read."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Tally:
    """The sum over minutes since it began. It never falls: a minute counts as the greatest value that was read of it.

    Attributes:
        closed: sum of minutes that are read no more.
        open: the minutes that still may grow, in seconds since the epoch.
    """

    closed: float = 0.0
    open: dict[int, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return self.closed + sum(self.open.values())

    def begin(self) -> None:
        """Count from here: what was read so far was counted by whoever ran before, or by nobody."""
        self.closed -= self.total

    def update(self, minutes: Mapping[int, float], oldest: int) -> None:
        """Take what was read.

        Args:
            minutes: values by the second in which their minute begins.
            oldest: of the minutes that were read; the open ones before it are closed.
        """
        for minute in [minute for minute in self.open if minute < oldest]:
            self.closed += self.open.pop(minute)
        for minute, value in minutes.items():
            if minute >= oldest:
                self.open[minute] = max(value, self.open.get(minute, 0.0))
