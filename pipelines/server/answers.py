"""What a prediction looks like on the wire: the schema's output, as JSON and as CSV."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from pipelines.server.rows import Outputs
from pipelines.server.schema import Classes, Output, Probability, Quantity

PROBABILITY_DIGITS = 6  # of a probability after the point
QUANTITY_FORMAT = ".7g"  # of a quantity: what float32 holds

Row = Sequence[float]


class AnswerWriter:
    """Writes the answers of one model."""

    def __init__(self, output: Output, version: str) -> None:
        self._prediction, self._cells = _shapes(output)
        self._encoder = msgspec.json.Encoder()
        self._answer = msgspec.defstruct(
            "Answer", [("predictions", list[Any]), ("model_version", str)], gc=False
        )
        self._version = version

    def json(self, outputs: Outputs) -> bytes:
        """`{"predictions": [...], "model_version": "v1.4.0"}` of outputs, [rows][width]."""
        predictions = [self._prediction(row) for row in outputs]
        return self._encoder.encode(self._answer(predictions, self._version))

    def csv(self, outputs: Outputs) -> bytes:
        """A line for each row of outputs, [rows][width]: the values of its JSON, in that order."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(self._cells(row) for row in outputs)
        return text.getvalue().encode()


def _shapes(output: Output) -> tuple[Callable[[Row], object], Callable[[Row], Sequence[object]]]:
    """How a row of the tensor becomes a prediction, and how it becomes the cells of a line."""
    match output:
        case Probability():
            return _probability(output)
        case Classes():
            return _classes(output)
        case Quantity():
            return _quantity(output)


def _probability(output: Probability) -> tuple[Callable[[Row], object], Callable[[Row], Sequence[object]]]:
    shape = msgspec.defstruct("Prediction", [("probability", float), (output.event, bool)], gc=False)
    threshold = output.threshold

    def prediction(row: Row) -> object:
        probability = round(row[1], PROBABILITY_DIGITS)
        return shape(probability, probability >= threshold)

    def cells(row: Row) -> Sequence[object]:
        probability = round(row[1], PROBABILITY_DIGITS)
        return probability, str(probability >= threshold).lower()

    return prediction, cells


def _classes(output: Classes) -> tuple[Callable[[Row], object], Callable[[Row], Sequence[object]]]:
    names = output.classes

    def likeliest(row: Row) -> str:
        return names[max(range(len(names)), key=row.__getitem__)]

    def prediction(row: Row) -> object:
        shares = {name: round(share, PROBABILITY_DIGITS) for name, share in zip(names, row, strict=True)}
        return {"class": likeliest(row), "probabilities": shares}

    return prediction, lambda row: (likeliest(row), *(round(share, PROBABILITY_DIGITS) for share in row))


def _quantity(output: Quantity) -> tuple[Callable[[Row], object], Callable[[Row], Sequence[object]]]:
    def value(row: Row) -> float:
        return float(format(row[0], QUANTITY_FORMAT))

    return lambda row: {output.name: value(row)}, lambda row: (value(row),)
