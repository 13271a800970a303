"""What an engine is: it measures every slice; bounds and verdicts are not its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pipelines.gates.cases import Cases, Predictions
from pipelines.gates.metrics import Scored
from pipelines.gates.report import Engine, Slice
from pipelines.gates.statistics import Flags
from pipelines.gates.thresholds import Thresholds
from pipelines.server.schema import Output

Place: TypeAlias = tuple[str, str]  # a slice's dimension and value
Values: TypeAlias = Mapping[str, float]  # of each metric, by its name


class EngineError(Exception):
    """An engine that is not here, takes no such option, or did not measure what it was given; the sentence says which."""


@dataclass(frozen=True)
class Part:
    """Rows of which metrics are wanted.

    Attributes:
        slice: with its sizes, and no metrics yet.
        rows: which they are, [rows].
    """

    slice: Slice
    rows: Flags

    @property
    def place(self) -> Place:
        return self.slice.dimension, self.slice.value


@dataclass(frozen=True)
class Question:
    """What an engine is given.

    Attributes:
        output: of the models.
        cases: all rows.
        predictions: of the challenger, and of the champion where there is one to compare with.
        models: the same, scored.
        parts: every slice that is large enough to be judged.
        thresholds: what is demanded.
    """

    output: Output
    cases: Cases
    predictions: Sequence[Predictions]
    models: Sequence[Scored]
    parts: Sequence[Part]
    thresholds: Thresholds


class Measuring(Protocol):
    """An engine."""

    @property
    def name(self) -> Engine:
        """As reports have it."""

    def values(self, question: Question) -> Mapping[Place, Sequence[Values]]:
        """Every metric of each model, for each of the question's slices.

        Raises:
            EngineError: it cannot, or its counts of rows are others than the question's.
        """
