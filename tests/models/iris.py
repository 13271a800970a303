"""A second model, of three classes: the irises that scikit-learn ships. All of it that is not shared is in this file."""

import msgspec
import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from pipelines.export import difference, to_onnx
from pipelines.package import package
from pipelines.server.model import open_session, run
from pipelines.server.schema import Classes, Number, Schema, SelfCheck

FEATURES = tuple(
    Number(name=name, meaning=f"{name.replace('_', ' ')}, cm", minimum=0, maximum=15)
    for name in ("sepal_length", "sepal_width", "petal_length", "petal_width")
)


class Metrics(msgspec.Struct, frozen=True):
    accuracy: float


def instances(count):
    """Rows as a client sends them, and the names of their classes."""
    data = load_iris()
    chosen = np.random.default_rng(0).permutation(len(data.target))[:count]
    rows = [dict(zip((f.name for f in FEATURES), data.data[n].tolist(), strict=True)) for n in chosen]
    return rows, [str(data.target_names[data.target[n]]) for n in chosen]


def train(regularization=1.0):
    """The bytes of its `model.tar.gz`."""
    data = load_iris()
    matrix = data.data.astype(np.float32)
    estimator = LogisticRegression(C=regularization, max_iter=1000).fit(matrix, data.target)
    onnx = to_onnx(estimator, len(FEATURES), "iris")
    expected = estimator.predict_proba(matrix)
    outputs = run(open_session(onnx), matrix)
    difference(expected, outputs)
    schema = Schema(
        features=FEATURES,
        output=Classes(meaning="species", classes=tuple(map(str, data.target_names))),
        self_check=SelfCheck(instances(1)[0][0], tuple(outputs[_first()].tolist())),
    )
    return package(onnx, schema, Metrics(accuracy=float((outputs.argmax(axis=1) == data.target).mean())))


def _first():
    return int(np.random.default_rng(0).permutation(len(load_iris().target))[0])
