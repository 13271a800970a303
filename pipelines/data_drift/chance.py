"""How probable it is that two samples of one distribution differ as much as these do."""

import math

import numpy as np

from pipelines.data_drift.bins import Counts

LEAST_EXPECTED = (
    5.0  # rows of a bin, in either sample: fewer are judged together (Cochran, Biometrics 10, 1954)
)


def p_value(reference: Counts, sample: Counts) -> float:
    """Pearson's test of homogeneity: from 0, where no chance made the difference, to 1.

    Bins in which either sample is expected to have fewer than five rows are judged as one.

    Raises:
        ValueError: a sample is empty.
    """
    rows = np.array([reference.sum(), sample.sum()], dtype=np.float64)
    if not rows.all():
        raise ValueError("an empty sample has no distribution")
    table = np.vstack([reference, sample]).astype(np.float64)
    expected = np.outer(rows, table.sum(axis=0) / rows.sum())
    rare = expected.min(axis=0) < LEAST_EXPECTED
    table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    table = table[:, table.sum(axis=0) > 0]
    expected = np.outer(rows, table.sum(axis=0) / rows.sum())
    statistic = float(((table - expected) ** 2 / expected).sum())
    return _survival(statistic, table.shape[1] - 1)


def _survival(statistic: float, degrees: int) -> float:
    """Of chi-squared with so many degrees of freedom, the share beyond a value.

    In closed form for whole degrees (Abramowitz and Stegun, 26.4.4 and 26.4.5). SciPy has it too, and would double the memory of
    a process that holds little else.
    """
    if degrees <= 0 or statistic <= 0:
        return 1.0
    half = statistic / 2
    odd = degrees % 2
    # half**k * exp(-half) / gamma(k + 1), for each k below degrees / 2 that differs from it by a whole number
    terms = [
        math.exp(k * math.log(half) - half - math.lgamma(k + 1))
        for k in np.arange(0.5 if odd else 0.0, degrees / 2).tolist()
    ]
    return min(1.0, math.fsum(terms) + (math.erfc(math.sqrt(half)) if odd else 0.0))
