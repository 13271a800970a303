"""All rows and each slice of them, measured by an engine, with bounds that hold together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipelines.gates import calibration
from pipelines.gates.bootstrap import Estimate, critical_value, draw_weights, interval, number_blocks
from pipelines.gates.cases import Cases, Predictions
from pipelines.gates.engine import Measuring, Part, Place, Question, Values
from pipelines.gates.metrics import Labels, Scored, score
from pipelines.gates.report import OVERALL, Bin, Engine, Interval, Metrics, Slice
from pipelines.gates.rule import too_small
from pipelines.gates.statistics import Flags, Floats, Integers
from pipelines.gates.thresholds import Thresholds
from pipelines.server.schema import Classes, Output, Quantity


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Attributes:
        slices: the one over every row first, then by dimension and value.
        critical: standard errors on each side of a difference, were there many blocks; None without a champion.
        blocks: in all.
        calibration: the challenger's curve.
    """

    slices: list[Slice]
    critical: float | None
    blocks: int
    calibration: list[Bin]


@dataclass(frozen=True)
class InProcess:
    """The engine of this project's own: exact metrics, in this process."""

    name: Engine = "slices"

    def values(self, question: Question) -> Mapping[Place, Sequence[Values]]:
        """See `Measuring`; raises nothing."""
        return {part.place: [model.values(part.rows) for model in question.models] for part in question.parts}


@dataclass(frozen=True)
class _Estimated:
    """A slice whose bounds are to be put together with the others'."""

    slice: Slice
    challenger: dict[str, Estimate]
    champion: dict[str, Estimate] | None

    def differences(self, names: Sequence[str]) -> dict[str, Estimate]:
        if self.champion is None or not self.challenger:
            return {}
        return {name: self.challenger[name] - self.champion[name] for name in names}


def measure(
    output: Output,
    cases: Cases,
    challenger: Predictions,
    champion: Predictions | None,
    thresholds: Thresholds,
    *,
    engine: Measuring,
) -> Measured:
    """Measure challenger and champion, whose predictions, [rows, width of the output], are of the same rows.

    Raises:
        EngineError: the engine cannot measure them.
    """
    block, blocks = number_blocks(cases.blocks.number)
    weights = draw_weights(thresholds.draws, blocks, thresholds.seed)
    predictions = [each for each in (challenger, champion) if each is not None]
    models = [score(output, each, cases.labels) for each in predictions]
    parts = list(counted(output, cases, block))
    whole = [part for part in parts if not too_small(part.slice, thresholds.size)]
    values = engine.values(Question(output, cases, predictions, models, whole, thresholds)) if whole else {}
    with threadpool_limits(limits=1):  # sums in another order round differently
        measured = [
            _estimated(part, models, values[part.place], block, weights)
            if part.place in values
            else _Estimated(part.slice, {}, None)
            for part in parts
        ]
        return _measured(measured, models[0], (block, weights), thresholds)


def _measured(
    parts: Sequence[_Estimated],
    challenger: Scored,
    resampled: tuple[Integers, Floats],
    thresholds: Thresholds,
) -> Measured:
    block, weights = resampled
    compared = list(thresholds.margins)
    differences = [each for part in parts for each in part.differences(compared).values()]
    critical = critical_value(differences, thresholds.confidence) if differences else None
    alone = critical_value(
        [each for part in parts for side in (part.challenger, part.champion or {}) for each in side.values()],
        thresholds.confidence,
    )
    return Measured(
        slices=[_bounded(part, compared, critical, alone) for part in parts],
        critical=critical,
        blocks=weights.shape[1],
        calibration=calibration.curve(challenger, block, weights, thresholds.confidence),
    )


def counted(output: Output, cases: Cases, block: Integers) -> Iterator[Part]:
    """Every slice, the one over every row first."""
    for dimension, value, rows in _slices(cases):
        least, least_blocks = _sizes(output, cases.labels[rows], block[rows])
        bare = Slice(
            dimension=dimension,
            value=value,
            rows=int(rows.sum()),
            least_of_a_label=least,
            blocks=least_blocks,
            metrics={},
        )
        yield Part(bare, rows)


def _slices(cases: Cases) -> Iterator[tuple[str, str, Flags]]:
    yield OVERALL, "", np.ones(len(cases.labels), bool)
    for dimension, groups in cases.groups.items():
        for place, name in enumerate(groups.names):
            yield dimension, name, groups.number == place


def _sizes(output: Output, labels: Labels, block: Integers) -> tuple[int | None, int]:
    """Rows of the rarest label (None for a quantity), and the least number of blocks that a label is in.

    An event that never comes, or always, is a label without rows; a class that a slice does not have is no label of it.
    """
    if isinstance(output, Quantity):
        return None, len(np.unique(block))
    names = np.unique(labels) if isinstance(output, Classes) else np.array([False, True])
    chosen = [labels == name for name in names]
    return min(int(rows.sum()) for rows in chosen), min(len(np.unique(block[rows])) for rows in chosen)


def _estimated(
    part: Part, models: Sequence[Scored], values: Sequence[Values], block: Integers, weights: Floats
) -> _Estimated:
    challenger, *champion = (
        estimates(model, of_model, part.rows, block, weights)
        for model, of_model in zip(models, values, strict=True)
    )
    return _Estimated(part.slice, challenger, champion[0] if champion else None)


def estimates(
    model: Scored, values: Values, rows: Flags, block: Integers, weights: Floats
) -> dict[str, Estimate]:
    """Each metric of some rows, exact, with how it varies when blocks are drawn anew."""
    blocks = weights.shape[1]
    ones = np.ones((1, blocks))
    return {
        name: Estimate(values[name], statistic.under(weights) - statistic.under(ones))
        for name, statistic in model.statistics(rows, block, blocks).items()
    }


def _bounded(part: _Estimated, compared: Sequence[str], critical: float | None, alone: float) -> Slice:
    differences = part.differences(compared)
    blocks = part.slice.blocks
    metrics = {}
    for name, estimate in part.challenger.items():
        champion = part.champion[name] if part.champion else None
        difference = None
        if name in differences and critical is not None:
            difference = _interval(differences[name], critical, blocks)
        elif champion is not None:
            difference = Interval(value=estimate.value - champion.value)
        metrics[name] = Metrics(
            challenger=_interval(estimate, alone, blocks),
            champion=_interval(champion, alone, blocks) if champion else None,
            difference=difference,
        )
    return Slice(
        dimension=part.slice.dimension,
        value=part.slice.value,
        rows=part.slice.rows,
        least_of_a_label=part.slice.least_of_a_label,
        blocks=part.slice.blocks,
        metrics=metrics,
    )


def _interval(estimate: Estimate, critical: float, blocks: int) -> Interval:
    low, high = interval(estimate, critical, blocks)
    return Interval(value=estimate.value, low=low, high=high)
