"""The newest verdicts of an environment, in memory."""

from dataclasses import dataclass, field

from modeldelivery.release.verdicts import Verdicts


@dataclass
class FakeVerdicts:
    """Attributes:
    stored: what there is.
    fails: raised by each read instead.
    reads: how often they were read.
    """

    stored: Verdicts = field(default_factory=Verdicts)
    fails: Exception | None = None
    reads: int = 0

    def read(self) -> Verdicts:
        self.reads += 1
        if self.fails:
            raise self.fails
        return self.stored
