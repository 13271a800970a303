"""What the evaluation gate gives the engine, and what that answers: files of one folder.

    rows.parquet    a row for each example (`columns`)
    request.json    `Request`
    response.json   `Response`, written last
    validation.json what TensorFlow Model Analysis itself says of the demands, as its protocol buffer is in JSON

The gate and the engine are two programs with two environments; of the project, only this module is imported by both.
"""

from typing import Literal, TypeAlias

import msgspec

ROWS_FILE = "rows.parquet"
REQUEST_FILE = "request.json"
RESPONSE_FILE = "response.json"
VALIDATION_FILE = "validation.json"

CHALLENGER = "challenger"
CHAMPION = "champion"

LABEL = "label"  # column: 0 or 1; the number of a class; a quantity
SLICE = "slice."  # and the dimension: the value, a text
ROWS = "rows"  # metric: how many rows a slice has
# Metric: rows of the rarest label. An event that never comes is a label without rows; a class that a slice lacks is none of its.
RAREST = {"probability": "rows_of_the_rarer_label", "classes": "rows_of_the_rarest_class"}
AUC = "auc"  # metric: TensorFlow Model Analysis' own, which needs `order`

Kind: TypeAlias = Literal["probability", "classes", "number"]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a file."""


class Demand(Part, frozen=True, kw_only=True):
    """What the thresholds file demands of one metric in one slice; with no dimension, in all rows.

    Attributes:
        least, most: of the challenger's estimate.
        margin: by which it may be worse than the champion's.
    """

    metric: str
    dimension: str | None = None
    value: str = ""
    least: float | None = None
    most: float | None = None
    margin: float | None = None


class Request(Part, frozen=True, kw_only=True):
    """`request.json`.

    Attributes:
        output: kind of what a prediction is.
        models: `challenger`, and `champion` where there is one to compare with.
        width: of a prediction: columns of each model.
        dimensions: in which there are slices.
        metrics: names, as the report has them.
        higher: those of which more is better.
        edges: by model, between which predictions are of one bin of calibration.
        demands: for the validation of TensorFlow Model Analysis' own.
        options: of Apache Beam, as on its command line.
    """

    output: Kind
    models: tuple[str, ...]
    width: int
    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    higher: tuple[str, ...]
    edges: dict[str, tuple[float, ...]]
    demands: tuple[Demand, ...] = ()
    options: tuple[str, ...] = ()


class Sliced(Part, frozen=True, kw_only=True):
    """One slice; all rows have no dimension.

    Attributes:
        metrics: by model and name. Not a number where the rows leave nothing to compute one of.
    """

    dimension: str | None
    value: str
    metrics: dict[str, dict[str, float | None]]


class Response(Part, frozen=True, kw_only=True):
    """`response.json`."""

    slices: tuple[Sliced, ...]


def prediction(model: str, place: int) -> str:
    """The column of one number of a model's predictions."""
    return f"{model}.{place}"


def order(model: str) -> str:
    """The column of the share of rows that a model scores lower, between 0 and 1; ties have one value."""
    return f"{model}.order"
