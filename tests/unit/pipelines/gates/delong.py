"""The standard error of a difference between two AUCs on the same rows, by DeLong, DeLong & Clarke-Pearson (1988)."""

import numpy as np
from scipy.stats import rankdata


def difference(positive, first, second):
    """AUC of the first less that of the second, and its standard error; rows are independent."""
    parts = [_components(positive, score) for score in (first, second)]
    of_positives = parts[0][0] - parts[1][0]
    of_negatives = parts[0][1] - parts[1][1]
    variance = of_positives.var(ddof=1) / len(of_positives) + of_negatives.var(ddof=1) / len(of_negatives)
    return of_positives.mean(), variance**0.5


def _components(positive, score):
    """For each positive the share of negatives under it, and for each negative that of positives above it."""
    up, down = score[positive], score[~positive]
    ranks = rankdata(np.concatenate([up, down]))
    return (ranks[: len(up)] - rankdata(up)) / len(down), 1 - (ranks[len(up) :] - rankdata(down)) / len(up)
