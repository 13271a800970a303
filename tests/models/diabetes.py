"""A third model, of a number: how a diabetes went on, by data that scikit-learn ships."""

import msgspec
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from pipelines.export import difference, to_onnx
from pipelines.package import package
from pipelines.server.model import open_session, run
from pipelines.server.schema import Number, Quantity, Schema, SelfCheck


class Metrics(msgspec.Struct, frozen=True):
    r2: float


def train():
    """The bytes of its `model.tar.gz`."""
    data = load_diabetes()
    matrix = data.data.astype(np.float32)
    with threadpool_limits(limits=1):  # more of them wait for each other longer than they compute
        estimator = HistGradientBoostingRegressor(max_iter=20, random_state=0).fit(matrix, data.target)
    onnx = to_onnx(estimator, matrix.shape[1], "diabetes")
    expected = estimator.predict(matrix)[:, None]
    difference(expected, run(open_session(onnx), matrix))
    features = tuple(
        Number(name=name, meaning="standardised", minimum=-1, maximum=1) for name in data.feature_names
    )
    row = dict(zip(data.feature_names, matrix[0].tolist(), strict=True))
    schema = Schema(
        features=features,
        output=Quantity(name="progression", meaning="a year after, no unit"),
        self_check=SelfCheck(row, (float(expected[0, 0]),)),
    )
    metrics = Metrics(r2=float(estimator.score(matrix, data.target)))
    return package(onnx, schema, metrics)
