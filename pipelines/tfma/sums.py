"""Metrics as sums over rows: what Beam's workers add up, slice by slice, and what becomes of the sum.

The formulas are those of `pipelines/gates/metrics.py`, written a second time for the engine's own environment; `make tfma`
holds the two to each other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pipelines.tfma.protocol import RAREST, ROWS, Kind

Floats: TypeAlias = npt.NDArray[np.floating[Any]]

_LEAST = 1e-7  # probability that a loss is computed of


@dataclass(frozen=True)
class Rows:
    """Some rows of one model.

    Attributes:
        output: kind of a prediction.
        labels: [rows]: 0 or 1, the number of a class, or a quantity.
        predictions: [rows, width].
        edges: between the bins of calibration.
    """

    output: Kind
    labels: Floats
    predictions: Floats
    edges: tuple[float, ...]

    @property
    def predicted(self) -> Floats:
        """What calibration holds against `outcome`, [rows]."""
        if self.output == "classes":
            highest: Floats = self.predictions.max(axis=1)
            return highest
        last: Floats = self.predictions[:, -1]
        return last

    @property
    def outcome(self) -> Floats:
        if self.output == "classes":
            right: Floats = (self.predictions.argmax(axis=1) == self.labels).astype(float)
            return right
        return self.labels

    @property
    def of_label(self) -> Floats:
        """The probability that was given to what came, [rows]."""
        if self.output == "classes":
            chosen: Floats = self.predictions[np.arange(len(self.labels)), self.labels.astype(int)]
            return chosen
        return np.where(self.labels == 1, self.predicted, 1 - self.predicted)


@dataclass(frozen=True)
class Sum:
    """A metric.

    Attributes:
        add: the sum over some rows, a vector as long as for any other rows.
        value: of the whole sum.
    """

    add: Callable[[Rows], Floats]
    value: Callable[[Floats], float]


def _mean(loss: Callable[[Rows], Floats]) -> Sum:
    return Sum(lambda rows: np.array([loss(rows).sum(), len(rows.labels)]), lambda sums: sums[0] / sums[1])


def _log_loss(rows: Rows) -> Floats:
    return -np.log(np.clip(rows.of_label, _LEAST, 1))


def _squared(rows: Rows) -> Floats:
    return (rows.predicted - rows.labels) ** 2


def _gaps(rows: Rows) -> Floats:
    bins = np.searchsorted(rows.edges, rows.predicted, side="right")
    gaps = np.bincount(bins, rows.predicted - rows.outcome, len(rows.edges) + 1)
    return np.append(gaps, len(rows.labels))


def _labels(rows: Rows) -> Floats:
    width = rows.predictions.shape[1] if rows.output == "classes" else 2
    return np.bincount(rows.labels.astype(int), minlength=width).astype(float)


_ROOT = _mean(_squared)
SUMS = {
    ROWS: Sum(lambda rows: np.array([len(rows.labels)]), lambda sums: float(sums[0])),
    RAREST["probability"]: Sum(_labels, lambda sums: float(sums.min())),
    RAREST["classes"]: Sum(_labels, lambda sums: float(sums[sums > 0].min())),
    "accuracy": _mean(lambda rows: rows.outcome),
    "log_loss": _mean(_log_loss),
    "brier": _mean(_squared),
    "mean_absolute_error": _mean(lambda rows: np.abs(rows.predicted - rows.labels)),
    "root_mean_squared_error": Sum(_ROOT.add, lambda sums: float(_ROOT.value(sums) ** 0.5)),
    "calibration_error": Sum(_gaps, lambda sums: float(np.abs(sums[:-1]).sum() / sums[-1])),
}
