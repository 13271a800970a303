"""Metrics as functions of weighted blocks.

Resampling gives each block of rows (a day, say) a weight. A metric that is written as a function of sums over blocks is
computed for a thousand draws of weights by a few matrix products, without going through the rows again.
"""

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.signedinteger[Any]]
Flags: TypeAlias = npt.NDArray[np.bool_]

_CELLS = 512  # quantiles of the score between which resampling tells apart; the estimate itself is exact


class Statistic(Protocol):
    """One metric of one slice of one model."""

    def under(self, weights: Floats) -> Floats:
        """Its value, [draws], for weights, [draws, blocks]; NaN where the weights leave nothing to compute it of."""
        ...


@dataclass(frozen=True)
class Mean:
    """A mean over rows, or its root.

    Attributes:
        sums, counts: of the rows in each block, [blocks].
        root: take the square root of the mean.
    """

    sums: Floats
    counts: Floats
    root: bool = False

    def under(self, weights: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            means: Floats = (weights @ self.sums) / (weights @ self.counts)
        return np.sqrt(means) if self.root else means


@dataclass(frozen=True)
class Gap:
    """How far predictions are from what they announce: mean over bins of |Σ(prediction - outcome)|, weighted by rows.

    Attributes:
        gaps: Σ(prediction - outcome) in each block and bin, [blocks, bins].
        counts: rows in each block, [blocks].
    """

    gaps: Floats
    counts: Floats

    def under(self, weights: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            gap: Floats = np.abs(weights @ self.gaps).sum(axis=1) / (weights @ self.counts)
        return gap


@dataclass(frozen=True)
class Auc:
    """The area under the ROC curve: the share of pairs of a positive and a negative row that are in the right order.

    Attributes:
        ordered: pairs in the right order, a tie being half of one, of a positive of one block (rows) and a negative of
            another (columns), [blocks, blocks].
        positives, negatives: rows in each block, [blocks].
    """

    ordered: Floats
    positives: Floats
    negatives: Floats

    def under(self, weights: Floats) -> Floats:
        pairs = (weights @ self.positives) * (weights @ self.negatives)
        with np.errstate(invalid="ignore", divide="ignore"):
            area: Floats = np.einsum("db,db->d", weights @ self.ordered, weights) / pairs
        return area


def mean(values: Floats, block: Integers, blocks: int, *, root: bool = False) -> Mean:
    """The mean of values, [rows], whose rows are in blocks numbered `block`, [rows], from 0 to `blocks` - 1."""
    return Mean(
        sums=np.bincount(block, values, blocks).astype(float),
        counts=np.bincount(block, minlength=blocks).astype(float),
        root=root,
    )


def gap(predicted: Floats, outcome: Floats, bins: Integers, block: Integers, blocks: int) -> Gap:
    """The calibration error of predictions, [rows], in bins numbered `bins`, [rows]."""
    width = int(bins.max()) + 1
    sums = np.bincount(block * width + bins, predicted - outcome, blocks * width).astype(float)
    return Gap(gaps=sums.reshape(blocks, width), counts=np.bincount(block, minlength=blocks).astype(float))


def auc(positive: Flags, cells: Integers, block: Integers, blocks: int) -> Auc:
    """The area under the ROC curve of scores that `cells_of` has put into cells, [rows]."""
    code = block * _CELLS + cells
    above = np.bincount(code[positive], minlength=blocks * _CELLS).reshape(blocks, _CELLS).astype(float)
    below = np.bincount(code[~positive], minlength=blocks * _CELLS).reshape(blocks, _CELLS).astype(float)
    return Auc(
        ordered=above @ (np.cumsum(below, axis=1) - below / 2).T,
        positives=above.sum(axis=1),
        negatives=below.sum(axis=1),
    )


def cells_of(score: Floats) -> Integers:
    """The quantile of each score, [rows], from 0 to 511; the same for equal scores."""
    return quantiles(score, _CELLS)


def quantiles(values: Floats, count: int) -> Integers:
    """Which of so many quantiles each value is in, [rows]; the same for equal values."""
    return np.searchsorted(edges_of(values, count), values, side="right").astype(np.int16)


def edges_of(values: Floats, count: int) -> Floats:
    """Between so many quantiles, [count - 1]; a value on an edge is of the quantile above it."""
    edges: Floats = np.quantile(values, np.linspace(0, 1, count + 1)[1:-1])
    return edges
