"""The engine of this project's own: metrics of all rows and of each slice, with bounds that hold together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipelines.gates import calibration
from pipelines.gates.bootstrap import Estimate, critical_value, draw_weights, interval, number_blocks
from pipelines.gates.metrics import Labels, Scored, score
from pipelines.gates.report import OVERALL, Bin, Interval, Metrics, Slice
from pipelines.gates.rule import too_small
from pipelines.gates.statistics import Flags, Floats, Integers
from pipelines.gates.thresholds import Thresholds
from pipelines.server.schema import Classes, Output, Quantity

Predictions = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Groups:
    """A partition of rows.

    Attributes:
        names: of the groups, in order.
        number: of each row's group, [rows].
    """

    names: Sequence[str]
    number: npt.NDArray[np.int32]


def grouped(values: "pd.Series[Any]") -> Groups:
    """The partition by a column, which has no missing values."""
    number, names = pd.factorize(values, sort=True)
    return Groups([str(name) for name in names], number.astype(np.int32))


@dataclass(frozen=True)
class Cases:
    """What both models are judged on.

    Attributes:
        labels: [rows], as `metrics.score` takes them.
        groups: by dimension.
        blocks: rows of one are not independent of each other.
    """

    labels: Labels
    groups: Mapping[str, Groups]
    blocks: Groups


@dataclass(frozen=True)
class Measured:
    """What the engine found.

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
class _Part:
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
) -> Measured:
    """Measure challenger and champion, whose predictions, [rows, width of the output], are of the same rows."""
    block, blocks = number_blocks(cases.blocks.number)
    weights = draw_weights(thresholds.draws, blocks, thresholds.seed)
    models = [
        score(output, predictions, cases.labels)
        for predictions in (challenger, champion)
        if predictions is not None
    ]
    with threadpool_limits(limits=1):  # sums in another order round differently
        return _measured(output, cases, models, (block, weights), thresholds)


def _measured(
    output: Output,
    cases: Cases,
    models: Sequence[Scored],
    resampled: tuple[Integers, Floats],
    thresholds: Thresholds,
) -> Measured:
    block, weights = resampled
    parts = []
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
        if too_small(bare, thresholds.size):
            parts.append(_Part(bare, {}, None))
            continue
        estimates = [_estimates(model, rows, block, weights) for model in models]
        parts.append(_Part(bare, estimates[0], estimates[1] if len(models) > 1 else None))
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
        calibration=calibration.curve(models[0], block, weights, thresholds.confidence),
    )


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


def _estimates(model: Scored, rows: Flags, block: Integers, weights: Floats) -> dict[str, Estimate]:
    blocks = weights.shape[1]
    values = model.values(rows)
    ones = np.ones((1, blocks))
    return {
        name: Estimate(values[name], statistic.under(weights) - statistic.under(ones))
        for name, statistic in model.statistics(rows, block, blocks).items()
    }


def _bounded(part: _Part, compared: Sequence[str], critical: float | None, alone: float) -> Slice:
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
