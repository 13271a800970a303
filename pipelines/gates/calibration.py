"""Does what is predicted come true? A curve over tenths of the predictions, with bounds."""

from statistics import NormalDist

import numpy as np

from pipelines.gates.metrics import TENTHS, Scored
from pipelines.gates.report import Bin
from pipelines.gates.statistics import Floats, Integers, mean


def curve(scored: Scored, block: Integers, weights: Floats, confidence: float) -> list[Bin]:
    """The curve of one model's predictions.

    Args:
        scored: the predictions.
        block: of each row, [rows].
        weights: of the draws, [draws, blocks].
        confidence: of each bin's bounds.

    Returns:
        A bin for each tenth that has rows, from low to high predictions.
    """
    reach = NormalDist().inv_cdf((1 + confidence) / 2)
    bins = []
    for tenth in range(TENTHS):
        rows = scored.bins == tenth
        if not rows.any():
            continue
        outcome = scored.outcome[rows]
        observed = mean(outcome, block[rows], weights.shape[1]).under(weights)
        error = float(np.nanstd(observed))
        bins.append(
            Bin(
                rows=int(rows.sum()),
                predicted=float(scored.predicted[rows].mean()),
                observed=float(outcome.mean()),
                low=float(outcome.mean()) - reach * error,
                high=float(outcome.mean()) + reach * error,
            )
        )
    return bins
