"""From a scikit-learn estimator to ONNX, and the proof that both compute the same."""

import copy
from typing import Any

import numpy as np
from skl2onnx import convert_sklearn  # type: ignore[import-untyped]
from skl2onnx.common.data_types import FloatTensorType  # type: ignore[import-untyped]
from sklearn.base import BaseEstimator, is_classifier  # type: ignore[import-untyped]

from pipelines.server.rows import Matrix
from pipelines.server.schema import TENSOR_IN, TENSOR_OUT

MAX_DIFFERENCE = 1e-5  # absolute up to 1, relative beyond
_OPSET = {"": 17, "ai.onnx.ml": 3}


class ExportError(RuntimeError):
    """An ONNX model that does not compute what training did."""


def to_onnx(estimator: BaseEstimator, width: int, name: str) -> bytes:
    """The estimator as ONNX, the same bytes for the same estimator: [rows, width] → [rows, outputs].

    A classifier's outputs are its probabilities, in the order of `classes_`; a regressor's is its value.
    """
    estimator = _with_float32_thresholds(estimator)
    classifies = is_classifier(estimator)
    model = convert_sklearn(
        estimator,
        name=name,  # its default is random
        initial_types=[(TENSOR_IN, FloatTensorType([None, width]))],
        options={id(estimator): {"zipmap": False}} if classifies else None,
        target_opset=_OPSET,
    )
    outputs = model.graph.output
    del outputs[:-1]  # a classifier's labels
    for node in model.graph.node:
        node.output[:] = [TENSOR_OUT if name == outputs[0].name else name for name in node.output]
    outputs[0].name = TENSOR_OUT
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _with_float32_thresholds(estimator: BaseEstimator) -> BaseEstimator:
    """The same estimator for float32 input, whose thresholds ONNX can hold, where it is made of histogram trees.

    Thresholds are float64 midpoints, and skl2onnx rounds them to the nearest float32. Rounded up, one may meet a value
    that lay above it, which then falls to the other side: 2e-2 of a probability for 0.1 % of the flights. Rounded down,
    no float32 changes side. (skl2onnx's documentation: "Issues when switching to float".)
    """
    rounded: Any = copy.deepcopy(estimator)
    for tree in (tree for trees in getattr(rounded, "_predictors", ()) for tree in trees):
        exact = tree.nodes["num_threshold"]
        nearest = exact.astype(np.float32)
        tree.nodes["num_threshold"] = np.where(
            nearest > exact, np.nextafter(nearest, np.float32(-np.inf)), nearest
        )
    return rounded


def at_thresholds(estimator: BaseEstimator, matrix: Matrix) -> Matrix:
    """Rows, [rows, features], at which an export that rounds thresholds shows: training's own rows never lie there.

    For each threshold of histogram trees three rows of the matrix, with that feature at the nearest float32 and at its
    two neighbours; no row for an estimator of another kind.
    """
    nodes = [tree.nodes for trees in getattr(estimator, "_predictors", ()) for tree in trees]
    if not nodes:
        return matrix[:0]
    splits = np.concatenate(nodes)
    splits = splits[(splits["is_leaf"] == 0) & (splits["is_categorical"] == 0)]
    nearest = splits["num_threshold"].astype(np.float32)
    values = np.concatenate([np.nextafter(nearest, np.float32(end)) for end in (-np.inf, np.inf)] + [nearest])
    rows = matrix[np.arange(len(values)) % len(matrix)].copy()
    rows[np.arange(len(values)), np.tile(splits["feature_idx"], 3)] = values
    return rows


def difference(expected: Matrix, computed: Matrix) -> float:
    """The largest difference between two matrices of outputs, relative to what was expected where that is beyond 1.

    Raises:
        ExportError: when it is beyond `MAX_DIFFERENCE`.
    """
    exact = expected.astype(float)
    largest = float(np.max(np.abs(exact - computed.astype(float)) / np.maximum(1.0, np.abs(exact))))
    if not largest <= MAX_DIFFERENCE:
        raise ExportError(
            f"ONNX and scikit-learn differ by {largest:.2g}; at most {MAX_DIFFERENCE:g} is allowed"
        )
    return largest
