"""Which metrics a model has: its schema's output decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]

from pipelines.gates import statistics
from pipelines.gates.statistics import Flags, Floats, Integers, Statistic
from pipelines.server.schema import Classes, Output, Probability, Quantity

Labels: TypeAlias = npt.NDArray[np.bool_] | npt.NDArray[np.intp] | npt.NDArray[np.float64]

TENTHS = 10  # bins of a calibration curve, with as many rows each
_LEAST = 1e-7  # probability that a loss is computed of: float32 rounds smaller ones to 0


@dataclass(frozen=True)
class Metric:
    """A metric.

    Attributes:
        name: in files.
        title: in sentences and pictures.
        better: which way is better.
    """

    name: str
    title: str
    better: Literal["higher", "lower"]

    @property
    def sign(self) -> int:
        """With which a difference is positive where it is better."""
        return 1 if self.better == "higher" else -1


METRICS = {
    metric.name: metric
    for metric in (
        Metric("auc", "AUC", "higher"),
        Metric("accuracy", "accuracy", "higher"),
        Metric("log_loss", "log loss", "lower"),
        Metric("brier", "Brier score", "lower"),
        Metric("mean_absolute_error", "mean absolute error", "lower"),
        Metric("root_mean_squared_error", "root mean squared error", "lower"),
        Metric("calibration_error", "calibration error", "lower"),
    )
}


def names_of(output: Output) -> tuple[str, ...]:
    """The metrics of a model with such an output; the first is the one that pictures show."""
    match output:
        case Probability():
            return ("auc", "log_loss", "brier", "calibration_error")
        case Classes():
            return ("accuracy", "log_loss", "calibration_error")
        case Quantity():
            return ("mean_absolute_error", "root_mean_squared_error", "calibration_error")


@dataclass(frozen=True)
class Scored:
    """A model's predictions of rows, and what the metrics need of each.

    Attributes:
        positive: [rows], for a metric of order; None where there is none.
        score: [rows], by which rows are ordered.
        losses: of each row, [rows], by the metric whose mean it is.
        predicted, outcome: [rows], between which calibration is measured.
        cells, bins: quantiles of the score and of the prediction, [rows].
    """

    positive: Flags | None
    score: Floats
    losses: Mapping[str, Floats]
    predicted: Floats
    outcome: Floats
    cells: Integers
    bins: Integers

    def values(self, rows: Flags) -> dict[str, float]:
        """Every metric of some rows, exact. A metric of order needs both labels among them."""
        values = {name: float(loss[rows].mean()) for name, loss in self.losses.items()}
        if self.positive is not None:
            values["auc"] = float(roc_auc_score(self.positive[rows], self.score[rows]))
        if "root_mean_squared_error" in values:
            values["root_mean_squared_error"] **= 0.5
        values["calibration_error"] = float(
            statistics.gap(
                self.predicted[rows], self.outcome[rows], self.bins[rows], np.zeros(rows.sum(), int), 1
            ).under(np.ones((1, 1)))[0]
        )
        return values

    def statistics(self, rows: Flags, block: Integers, blocks: int) -> dict[str, Statistic]:
        """Every metric of some rows, for resampling."""
        block = block[rows]
        results: dict[str, Statistic] = {
            name: statistics.mean(loss[rows], block, blocks, root=name == "root_mean_squared_error")
            for name, loss in self.losses.items()
        }
        if self.positive is not None:
            results["auc"] = statistics.auc(self.positive[rows], self.cells[rows], block, blocks)
        results["calibration_error"] = statistics.gap(
            self.predicted[rows], self.outcome[rows], self.bins[rows], block, blocks
        )
        return results


def score(output: Output, predictions: npt.NDArray[np.float32], labels: Labels) -> Scored:
    """Score predictions, [rows, width of the output].

    Args:
        output: what a prediction is.
        predictions: finite, as the model computed them.
        labels: [rows]: for a probability whether the event came; for classes the number of the right one; for a quantity
            its value.
    """
    exact = predictions.astype(float)
    positive = None
    match output:
        case Probability():
            positive = labels.astype(bool)
            predicted, outcome = exact[:, 1], positive.astype(float)
            of_label = np.where(positive, predicted, 1 - predicted)
            losses = {"log_loss": _log_loss(of_label), "brier": (predicted - outcome) ** 2}
        case Classes():
            right = labels.astype(int)
            likeliest = exact.argmax(axis=1)
            predicted, outcome = exact.max(axis=1), (likeliest == right).astype(float)
            of_label = exact[np.arange(len(right)), right]
            losses = {"accuracy": outcome, "log_loss": _log_loss(of_label)}
        case Quantity():
            predicted, outcome = exact[:, 0], labels.astype(float)
            error = predicted - outcome
            losses = {"mean_absolute_error": np.abs(error), "root_mean_squared_error": error**2}
    return Scored(
        positive=positive,
        score=predicted,
        losses=losses,
        predicted=predicted,
        outcome=outcome,
        cells=statistics.cells_of(predicted),
        bins=statistics.quantiles(predicted, TENTHS),
    )


def _log_loss(of_label: Floats) -> Floats:
    loss: Floats = -np.log(np.clip(of_label, _LEAST, 1))
    return loss
