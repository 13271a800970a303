"""Bounds that hold together, by a paired Poisson bootstrap over blocks.

Each draw gives every block a weight, Poisson with mean 1, and the same weights to all slices and to both models. What the
slices share (a bad day is bad for all of them) is therefore in the draws, and so is what challenger and champion share. The
critical value is the quantile, over draws, of the largest deviation of any estimate in its own standard errors (max-T):
with it all bounds hold together, and looking at twenty slices raises no more alarms than looking at one.

Few blocks tell little of how much blocks differ, so the critical value is widened as Student's t is wider than the normal
distribution: thirty blocks without that miss the truth three times as often as they claim.

Sources: Romano & Wolf, Econometrica 73 (2005) 1237, for max-T; Chamandy et al., "Estimating uncertainty for massive data
streams" (2012), for Poisson weights; Cameron, Gelbach & Miller, Review of Economics and Statistics 90 (2008) 414, for
resampling clusters, and for Student's t with few of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtrit  # type: ignore[import-untyped]

from pipelines.gates.statistics import Floats, Integers

MOST_BLOCKS = 1000  # an AUC is resampled by a matrix of blocks by blocks


@dataclass(frozen=True)
class Estimate:
    """A number and how it varies.

    Attributes:
        value: of all rows, exact.
        deviations: of the draws from their own centre, [draws]; NaN where a draw left nothing to compute it of.
    """

    value: float
    deviations: Floats

    @property
    def error(self) -> float:
        """Standard error; NaN when a draw is."""
        return float(np.sqrt(np.mean(self.deviations**2)))

    def __sub__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.value - other.value, self.deviations - other.deviations)


def number_blocks(names: Sequence[object] | Integers) -> tuple[Integers, int]:
    """Number the blocks of rows, [rows], in the order of their names; neighbours are merged until few enough are left.

    Merging keeps what is dependent together, so it can only make bounds more honest.

    Returns:
        The number of each row's block, and how many blocks there are.
    """
    unique, block = np.unique(np.asarray(names), return_inverse=True)
    count = min(len(unique), MOST_BLOCKS)
    return block * count // len(unique), count


def draw_weights(draws: int, blocks: int, seed: int) -> Floats:
    """Weights, [draws, blocks]: Poisson with mean 1, the same for the same arguments."""
    return np.random.default_rng(seed).poisson(1.0, (draws, blocks)).astype(float)


def critical_value(estimates: Sequence[Estimate], confidence: float) -> float:
    """How many standard errors on each side hold all estimates together at a confidence.

    An estimate that does not vary (both models answer the same) needs no bound and has no say.
    """
    varying = [estimate for estimate in estimates if estimate.error > 0]
    if not varying:
        return 0.0
    largest = np.max([np.abs(estimate.deviations) / estimate.error for estimate in varying], axis=0)
    return float(np.quantile(largest, confidence))


def interval(estimate: Estimate, critical: float, blocks: int) -> tuple[float, float]:
    """The bounds of an estimate.

    Args:
        estimate: resampled from so many blocks.
        critical: standard errors on each side, were there many blocks.
        blocks: at least two.
    """
    reach = float(stdtrit(blocks - 1, ndtr(critical))) * (blocks / (blocks - 1)) ** 0.5 * estimate.error
    return estimate.value - reach, estimate.value + reach
