"""From a scikit-learn classifier to ONNX, and the proof that both compute the same."""

import copy

import numpy as np
from skl2onnx import convert_sklearn  # type: ignore[import-untyped]
from skl2onnx.common.data_types import FloatTensorType  # type: ignore[import-untyped]
from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]

from pipelines.server.rows import Matrix
from pipelines.server.schema import TENSOR_IN, TENSOR_OUT

MAX_DIFFERENCE = 1e-5  # of a probability
_OPSET = {"": 17, "ai.onnx.ml": 3}


class ExportError(RuntimeError):
    """An ONNX model that does not compute what training did."""


def to_onnx(classifier: HistGradientBoostingClassifier, width: int) -> bytes:
    """The classifier as ONNX, the same bytes for the same classifier: [rows, width] → probabilities [rows, 2]."""
    classifier = _with_float32_thresholds(classifier)
    model = convert_sklearn(
        classifier,
        name="late",  # its default is random
        initial_types=[(TENSOR_IN, FloatTensorType([None, width]))],
        options={id(classifier): {"zipmap": False}},
        target_opset=_OPSET,
    )
    unused = [output for output in model.graph.output if output.name != TENSOR_OUT]
    for output in unused:
        model.graph.output.remove(output)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _with_float32_thresholds(classifier: HistGradientBoostingClassifier) -> HistGradientBoostingClassifier:
    """The same classifier for float32 input, whose thresholds ONNX can hold.

    Thresholds are float64 midpoints, and skl2onnx rounds them to the nearest float32. Rounded up, one may meet a value
    that lay above it, which then falls to the other side: 2e-2 of a probability for 0.1 % of the flights. Rounded down,
    no float32 changes side. (skl2onnx's documentation: "Issues when switching to float".)
    """
    rounded = copy.deepcopy(classifier)
    for tree in (tree for trees in rounded._predictors for tree in trees):  # noqa: SLF001 no public way to a threshold
        exact = tree.nodes["num_threshold"]
        nearest = exact.astype(np.float32)
        tree.nodes["num_threshold"] = np.where(
            nearest > exact, np.nextafter(nearest, np.float32(-np.inf)), nearest
        )
    return rounded


def difference(expected: Matrix, found: Matrix) -> float:
    """The largest difference between two columns of probabilities.

    Raises:
        ExportError: when it is beyond `MAX_DIFFERENCE`.
    """
    largest = float(np.max(np.abs(expected.astype(float) - found.astype(float))))
    if not largest <= MAX_DIFFERENCE:
        raise ExportError(
            f"ONNX and scikit-learn differ by {largest:.2g}; at most {MAX_DIFFERENCE:g} is allowed"
        )
    return largest
