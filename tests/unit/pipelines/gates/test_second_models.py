"""A model of classes and one of a number go through the same gate."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, root_mean_squared_error

from pipelines.examples import BLOCK, LABEL, SLICE
from pipelines.gates.evaluation import evaluate
from pipelines.gates.predict import predict
from pipelines.gates.slices import InProcess
from pipelines.gates.thresholds import Limit, Limits, Margins, Size, Thresholds
from pipelines.server import verify
from tests.models import diabetes, iris
from tests.unit.pipelines.gates.conftest import contender

SIZE = Size(rows=40, each_label=5, blocks=10)


def report(challenger, champion, frame, limits, margins):
    return evaluate(
        name="other",
        frame=frame,
        data_revision="1",
        challenger=contender(challenger),
        champion=contender(champion),
        thresholds=Thresholds(size=SIZE, limits=limits, margins=margins, latency=10),
        skips={},
        clock=iter(np.arange(1e7)).__next__,
        engine=InProcess(),
    )


@pytest.fixture(scope="module")
def irises():
    rows, names = iris.instances(150)
    frame = pd.DataFrame(rows)
    wide = np.where(frame["sepal_width"] > 3, "wide", "narrow")
    return frame.assign(**{LABEL: names, BLOCK: range(150), f"{SLICE}sepal": wide})


@pytest.fixture(scope="module")
def patients():
    data = load_diabetes()
    frame = pd.DataFrame(data.data, columns=data.feature_names)
    sex = np.where(frame["sex"] > 0, "one", "other")
    return frame.assign(**{LABEL: data.target, BLOCK: range(len(frame)), f"{SLICE}sex": sex})


def test_classes_are_judged_by_accuracy_and_log_loss(irises):
    good = verify.read(iris.train())
    judged = report(
        good,
        good,
        irises,
        {"accuracy": Limits(overall=Limit(least=0.9), slice=Limit(least=0.8))},
        {"accuracy": Margins(overall=0.05, slice=0.1)},
    )
    shares = predict(good, irises)
    metrics = judged.overall.slice.metrics
    names = np.array(good.schema.output.classes)
    doubles = shares.astype(float)  # of single precision, whose sums are not 1 to sklearn
    assert judged.passed
    assert judged.output == "classes"
    assert metrics["accuracy"].challenger.value == pytest.approx(
        accuracy_score(irises[LABEL], names[shares.argmax(axis=1)])
    )
    assert metrics["log_loss"].challenger.value == pytest.approx(
        log_loss(irises[LABEL], doubles / doubles.sum(axis=1, keepdims=True), labels=names), rel=1e-5
    )
    assert {each.slice.name for each in judged.slices} == {"overall", "sepal wide", "sepal narrow"}


def test_classes_that_are_told_apart_worse_are_stopped(irises):
    judged = report(
        verify.read(iris.train(regularization=1e-4)),
        verify.read(iris.train()),
        irises,
        {"accuracy": Limits(overall=Limit(least=0.1))},
        {"log_loss": Margins(overall=0.1, slice=0.2)},
    )
    assert "log loss overall may be" in judged.reason


def test_a_number_is_judged_by_its_errors(patients):
    good = verify.read(diabetes.train())
    judged = report(
        good,
        good,
        patients,
        {"root_mean_squared_error": Limits(overall=Limit(most=60))},
        {"mean_absolute_error": Margins(overall=1, slice=5)},
    )
    predicted = predict(good, patients)[:, 0].astype(float)
    metrics = judged.overall.slice.metrics
    assert judged.passed
    assert (judged.output, judged.overall.slice.least_of_a_label) == ("number", None)
    assert metrics["mean_absolute_error"].challenger.value == pytest.approx(
        mean_absolute_error(patients[LABEL], predicted)
    )
    assert metrics["root_mean_squared_error"].challenger.value == pytest.approx(
        root_mean_squared_error(patients[LABEL], predicted)
    )


def test_a_number_with_larger_errors_is_stopped(patients):
    judged = report(
        verify.read(diabetes.train()),
        verify.read(diabetes.train()),
        patients.assign(**{LABEL: np.random.default_rng(0).permutation(patients[LABEL])}),
        {"root_mean_squared_error": Limits(overall=Limit(most=60))},
        {"mean_absolute_error": Margins(overall=1, slice=5)},
    )
    assert "root mean squared error" in judged.reason


def test_models_of_different_outputs_are_not_compared(irises, patients):
    judged = report(
        verify.read(iris.train()),
        verify.read(diabetes.train()),
        irises.join(patients.drop(columns=[LABEL, BLOCK, f"{SLICE}sex"])),
        {"accuracy": Limits(overall=Limit(least=0.1))},
        {"accuracy": Margins(overall=0.1, slice=0.2)},
    )
    assert "cannot be compared with: it predicts the number 'progression'" in judged.reason
