import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from pipelines.dataset import BadDataError
from pipelines.export import ExportError, difference, to_onnx
from pipelines.flights import features
from pipelines.flights import train as training
from pipelines.flights.data import parse_month, read_months
from pipelines.server import artifact
from pipelines.server.model import open_session, run

JANUARY = parse_month("2013-01")


@pytest.mark.slow
def test_training_twice_gives_the_same_bytes(trained):
    assert training.train(JANUARY).archive == trained.archive


@pytest.mark.slow
def test_another_seed_gives_another_model(trained):
    assert training.train(JANUARY, seed=1).archive != trained.archive


def test_the_metrics_are_those_of_the_packaged_model_on_the_month_after(trained, model, made):
    matrix = features.encode(made.evaluation, model.schema.features)
    auc = roc_auc_score(made.evaluation["label"], model.predict(matrix)[0][:, 1])
    assert trained.metrics.auc == pytest.approx(auc, abs=1e-6)
    assert trained.metrics.auc > 0.6
    assert (trained.metrics.trained_until, trained.metrics.evaluated_on) == ("2013-01", "2013-02")


def test_as_many_flights_are_called_late_as_are_late(model):
    january = features.arrived(read_months(JANUARY, JANUARY))
    matrix = features.encode(features.describe(january), model.schema.features)
    called = (model.predict(matrix)[0][:, 1] >= model.schema.output.threshold).mean()
    assert called == pytest.approx(features.late(january).mean(), abs=0.005)


@pytest.fixture(scope="module")
def exported(model, held_out):
    """A classifier, its ONNX form, and held-out rows with missing values."""
    matrix = features.encode(features.describe(held_out), model.schema.features)
    with threadpool_limits(limits=1):  # more of them wait for each other longer than they compute
        classifier = HistGradientBoostingClassifier(max_iter=20, random_state=3).fit(
            matrix[:5000], features.late(held_out)[:5000]
        )
    assert np.isnan(matrix[5000:]).any()
    return classifier, to_onnx(classifier, matrix.shape[1], "late"), matrix[5000:]


def test_onnx_computes_what_scikit_learn_does(exported):
    """Among these rows are some that skl2onnx's own rounding of thresholds sends down another branch."""
    classifier, onnx, matrix = exported
    expected = classifier.predict_proba(matrix)
    np.testing.assert_allclose(run(open_session(onnx), matrix), expected, rtol=0, atol=1e-5)


def test_the_same_classifier_exports_to_the_same_bytes(exported):
    classifier, onnx, matrix = exported
    assert to_onnx(classifier, matrix.shape[1], "late") == onnx


def test_a_model_that_differs_is_not_exported():
    with pytest.raises(ExportError, match=r"differ by 2e-05; at most 1e-05"):
        difference(np.array([0.5, 0.5]), np.array([0.5, 0.50002]))


def test_an_answer_that_is_no_number_is_a_difference():
    with pytest.raises(ExportError, match="differ by nan"):
        difference(np.array([0.5]), np.array([np.nan]))


@pytest.mark.parametrize("month", ["2013-12"])
def test_the_last_month_cannot_be_trained_on_for_want_of_a_judge(month):
    with pytest.raises(BadDataError, match="no month after it to judge on: train until 2013-01 to 2013-11"):
        training.train(parse_month(month))


@pytest.mark.slow
def test_the_command_writes_the_archive_and_says_what_it_is(trained, tmp_path):
    command = [
        sys.executable,
        "-m",
        "pipelines.flights.train",
        "--until",
        "2013-01",
        "--out",
        str(tmp_path / "new"),
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    summary = json.loads(done.stdout)
    assert (tmp_path / "new" / "model.tar.gz").read_bytes() == trained.archive
    assert summary["model_digest"] == artifact.digest(trained.archive)
    assert summary["data_revision"] == trained.metrics.data_revision
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["model.tar.gz"]


def test_a_bad_month_ends_the_command_with_a_sentence(capsys, tmp_path):
    with pytest.raises(SystemExit) as ended:
        training.main(["--until", "2013-13", "--out", str(tmp_path)])
    assert ended.value.code == 2
    assert (
        "'2013-13' is not a month of the data: write YYYY-MM from 2013-01 to 2013-12"
        in capsys.readouterr().err
    )


def test_a_folder_that_cannot_be_written_ends_the_command_with_a_sentence(
    capsys, tmp_path, monkeypatch, trained
):
    monkeypatch.setattr(training, "train", lambda *_: trained)
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit):
        training.main(["--until", "2013-01", "--out", str(tmp_path / "file")])
    assert "file: File exists" in capsys.readouterr().err
