"""What became of each example, as the metrics take it, and predictions of two models made comparable."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.gates.cases import Predictions
from pipelines.gates.metrics import Labels
from pipelines.server.schema import Classes, Output, Probability, Quantity


class BadLabelsError(ValueError):
    """Labels that are not of the model's output; the sentence names the row."""


class IncomparableError(ValueError):
    """Two models that predict different things."""


def labels_of(column: "pd.Series[Any]", output: Output) -> Labels:
    """The labels, [rows], that a column holds.

    Raises:
        BadLabelsError: one is missing, or is not what the output could have said.
    """
    missing = column.isna().to_numpy()
    if missing.any():
        raise BadLabelsError(
            f"row {int(missing.argmax())} has no label, nor have {int(missing.sum()) - 1} others"
        )
    match output:
        case Probability():
            right = column.isin([True, False]).to_numpy()
            _refuse(column, right, f"true or false: whether it was {output.event}")
            return column.astype(bool).to_numpy()
        case Classes():
            number = {name: place for place, name in enumerate(output.classes)}
            _refuse(column, column.isin(list(number)).to_numpy(), f"one of {', '.join(output.classes)}")
            return column.map(number).to_numpy().astype(np.intp)
        case Quantity():
            values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
            _refuse(column, np.isfinite(values), "a finite number")
            return values


def _refuse(column: "pd.Series[Any]", right: npt.NDArray[np.bool_], allowed: str) -> None:
    if not right.all():
        row = int((~right).argmax())
        raise BadLabelsError(f"row {row} has the label {column.iloc[row]!r}; it is {allowed}")


def in_order_of(challenger: Output, champion: Output, predictions: Predictions) -> Predictions:
    """The champion's predictions, [rows, width of the output], with columns in the challenger's order.

    Raises:
        IncomparableError: the two predict different things.
    """
    match challenger, champion:
        case Probability(), Probability() if challenger.event == champion.event:
            return predictions
        case Classes(), Classes() if set(challenger.classes) == set(champion.classes):
            return predictions[:, [champion.classes.index(name) for name in challenger.classes]]
        case Quantity(), Quantity() if challenger.name == champion.name:
            return predictions
    raise IncomparableError(f"it predicts {_told(champion)}, and the challenger {_told(challenger)}")


def _told(output: Output) -> str:
    match output:
        case Probability():
            return f"the probability of {output.event!r}"
        case Classes():
            return f"one of the classes {', '.join(output.classes)}"
        case Quantity():
            return f"the number {output.name!r}"
