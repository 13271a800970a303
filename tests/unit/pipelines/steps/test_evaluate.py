"""The evaluation as a step: what it leaves, and that it fails closed."""

import json

import msgspec
import pytest

from modeldelivery.release.evaluation import read_gates
from pipelines import examples
from pipelines.data_drift.baseline import Baseline
from pipelines.examples import LABEL
from pipelines.gates.report import decode
from pipelines.package import Origin
from pipelines.server import artifact
from pipelines.steps.__main__ import main
from pipelines.steps.contract import BASE, Exit
from tests.unit.pipelines.gates import planted

NONE = '{"environment": "staging", "why": "nothing was registered"}'


@pytest.fixture(scope="module")
def revision(model_dir):
    """Of the data that the model names."""
    return msgspec.json.decode((model_dir / artifact.METRICS_FILE).read_bytes(), type=Origin).data_revision


@pytest.fixture
def job(tmp_path, trained, made, revision):
    """A step about to run, beside no champion."""
    inputs = tmp_path / "processing" / "input"
    for name in ("evaluation", "training", "model", "champion"):
        (inputs / name).mkdir(parents=True)
    for name, frame in (("evaluation", made.evaluation), ("training", made.training)):
        examples.write(inputs / name, frame, model="flights", data_revision=revision, parameters={})
    (inputs / "model" / "model.tar.gz").write_bytes(trained.archive)
    (inputs / "champion" / "none.json").write_text(NONE)
    return tmp_path


def run(job, *options):
    status = main(["evaluate", "--model", "flights", *options], {BASE: str(job)})
    message = job / "output" / "message"
    return status, message.read_text() if message.exists() else ""


def report(job):
    return decode((job / "processing" / "output" / "evaluation" / "evaluation.json").read_bytes())


def test_a_good_model_leaves_report_page_pictures_and_metrics(job, trained):
    (job / "processing" / "input" / "champion" / "none.json").unlink()
    (job / "processing" / "input" / "champion" / "model.tar.gz").write_bytes(trained.archive)
    assert run(job) == (Exit.DONE, "")
    folder = job / "processing" / "output" / "evaluation"
    assert sorted(path.name for path in folder.iterdir()) == [
        "baseline.json",
        "calibration.svg",
        "differences-auc.svg",
        "differences-log_loss.svg",
        "evaluation.html",
        "evaluation.json",
        "metrics.json",
    ]
    assert json.loads((folder / "metrics.json").read_bytes())["auc"] == pytest.approx(
        trained.metrics.auc, abs=1e-6
    )
    assert report(job).champion.digest == report(job).challenger.digest == artifact.digest(trained.archive)


def test_the_baseline_is_of_what_the_model_learned_on(job, trained, made, revision):
    assert run(job) == (Exit.DONE, "")
    path = job / "processing" / "output" / "evaluation" / "baseline.json"
    baseline = msgspec.json.decode(path.read_bytes(), type=Baseline)
    assert (baseline.rows, baseline.data_revision) == (len(made.training), revision)
    assert baseline.digest == artifact.digest(trained.archive)
    assert tuple(baseline.features) == examples.feature_names(made.training)
    assert baseline.history


def test_a_stopped_model_leaves_its_report_and_the_reason_where_sagemaker_shows_it(job, made, revision):
    shuffled = planted.fit(planted.shuffled(made.training), planted.QUICK)
    (job / "processing" / "input" / "model" / "model.tar.gz").write_bytes(planted.packed(shuffled, revision))
    status, message = run(job)
    assert status == Exit.GATE
    assert message == f"evaluate stopped: {report(job).reason}"
    assert "overall is under 0.58" in message


def test_a_gate_is_opened_by_a_person_and_the_report_keeps_who_and_why(job, made, revision):
    shuffled = planted.fit(planted.shuffled(made.training), planted.QUICK)
    (job / "processing" / "input" / "model" / "model.tar.gz").write_bytes(planted.packed(shuffled, revision))
    options = (
        "--skip",
        "limits.auc",
        "--by",
        "ada@example.com",
        "--because",
        "labels of a drill, never served",
    )
    assert run(job, *options) == (Exit.DONE, "")
    gate = next(gate for gate in report(job).gates if gate.name == "limits.auc")
    assert (gate.verdict, gate.skip.by) == ("skipped", "ada@example.com")
    path = job / "processing" / "output" / "evaluation" / "evaluation.json"
    kept = read_gates(path.read_bytes(), report(job).challenger.digest, "evaluation.json")
    assert kept["limits.auc"].because == "labels of a drill, never served"


def test_skips_may_be_one_text(job):
    """As a pipeline's parameter is."""
    skip = {"gates": ["limits.auc"], "by": "ada@example.com", "because": "the first of its kind"}
    assert run(job, "--skips", json.dumps(skip)) == (Exit.DONE, "")
    gate = next(gate for gate in report(job).gates if gate.name == "limits.auc")
    assert (gate.skip.by, gate.skip.because) == (skip["by"], skip["because"])


@pytest.mark.parametrize("text", ["latency", "[]", '{"gate": ["latency"]}', '{"gates": "latency"}'])
def test_skips_that_are_no_such_text_are_refused(job, text):
    status, message = run(job, "--skips", text)
    assert (status, f"--skips {text!r}: " in message) == (Exit.REFUSED, True)


def test_a_skip_without_a_reason_is_refused_before_anything_is_judged(job):
    status, message = run(job, "--skip", "latency", "--by", "ada@example.com")
    assert (status, "--because" in message) == (Exit.REFUSED, True)
    assert not (job / "processing" / "output" / "evaluation").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--", "--engine", "tmfa"), "arguments after --: engine is 'tmfa', but there is no such engine"),
        (("--evaluation", '{"engine": "tmfa"}'), "engine is 'tmfa', but there is no such engine"),
        (("--evaluation", "tfma"), "--evaluation 'tfma': "),
        (("--", "--trees", "5"), "trees: the engine slices takes no options"),
    ],
)
def test_an_engine_that_there_is_not_is_refused_before_anything_is_judged(job, options, sentence):
    status, message = run(job, *options)
    assert (status, sentence in message) == (Exit.REFUSED, True)
    assert not (job / "processing" / "output" / "evaluation").exists()


@pytest.mark.parametrize("options", [("--", "--engine", "slices"), ("--evaluation", '{"engine": "slices"}')])
def test_the_engine_is_a_parameter(job, options):
    assert run(job, *options) == (Exit.DONE, "")
    assert report(job).engine == "slices"


def _without(name):
    def change(job):
        for path in (job / "processing" / "input" / name).iterdir():
            path.unlink()

    return change


def _cut(job):
    path = job / "processing" / "input" / "evaluation" / "examples.parquet"
    path.write_bytes(path.read_bytes()[:-100])


def _cut_model(job):
    path = job / "processing" / "input" / "model" / "model.tar.gz"
    path.write_bytes(path.read_bytes()[:2000])


def _other_data(job):
    path = job / "processing" / "input" / "evaluation" / "examples.json"
    record = json.loads(path.read_bytes())
    path.write_text(json.dumps(record | {"data_revision": "sha256:" + 64 * "1"}))


def _other_training(job):
    path = job / "processing" / "input" / "training" / "examples.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"data_revision": "sha256:1111"}))


def _other_rows(job):
    path = job / "processing" / "input" / "evaluation" / "examples.json"
    record = json.loads(path.read_bytes())
    path.write_text(json.dumps(record | {"rows": record["rows"] - 1}))


def _both(job):
    (job / "processing" / "input" / "champion" / "model.tar.gz").write_bytes(b"")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_without("evaluation"), "no file; this step reads its input 'evaluation' there"),
        (_without("training"), "no file; this step reads its input 'training' there"),
        (_other_training, "training: examples of data sha256:1111; those of"),
        (_without("model"), "no file; this step reads its input 'model' there"),
        (_without("champion"), "no file; this step reads its input 'champion' there"),
        (_both, "holds model.tar.gz, none.json"),
        (_cut, "it was changed or cut short"),
        (_cut_model, "model.tar.gz"),
        (_other_data, "the examples are of flights, data sha256:1111"),
        (_other_rows, "rows, but examples.json says"),
    ],
)
def test_an_input_that_is_missing_cut_short_or_of_something_else_is_refused(job, change, sentence):
    change(job)
    status, message = run(job)
    assert status == Exit.REFUSED
    assert sentence in message
    assert not (job / "processing" / "output" / "evaluation").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda frame: frame.drop(columns=[LABEL]), "column label is missing"),
        (lambda frame: frame.assign(**{LABEL: frame[LABEL].astype(object).where(frame.index != 7)}), "label is missing in 1 of"),
        (lambda frame: frame.assign(**{LABEL: frame[LABEL].map({True: "yes", False: "no"})}), "has the label"),
    ],
)  # fmt: skip
def test_labels_that_are_missing_or_none_are_refused(job, made, revision, change, sentence):
    folder = job / "processing" / "input" / "evaluation"
    with pytest.MonkeyPatch.context() as unchecked:
        unchecked.setattr(examples, "fault", lambda _: None)
        examples.write(
            folder, change(made.evaluation), model="flights", data_revision=revision, parameters={}
        )
    status, message = run(job)
    assert (status, sentence in message) == (Exit.REFUSED, True), message


def test_examples_that_the_model_cannot_be_asked_stop_it(job, made, revision):
    folder = job / "processing" / "input" / "evaluation"
    frame = made.evaluation.drop(columns=["wind_dir"])
    examples.write(folder, frame, model="flights", data_revision=revision, parameters={})
    status, message = run(job)
    assert status == Exit.GATE
    assert "the challenger cannot be judged: it asks for wind_dir" in message


def test_too_few_days_to_judge_by_stop_a_model(job, made, revision):
    folder = job / "processing" / "input" / "evaluation"
    frame = made.evaluation[made.evaluation["block"] < "2013-02-11"].reset_index(drop=True)
    examples.write(folder, frame, model="flights", data_revision=revision, parameters={})
    status, message = run(job)
    assert status == Exit.GATE
    assert "too few examples to judge by: 10 blocks with each label, 20 needed" in message
    assert report(job).passed is False


def test_an_export_that_computes_something_else_stops_training_at_its_gate(
    tmp_path, made, revision, monkeypatch
):
    channel = tmp_path / "input" / "data" / "training"
    channel.mkdir(parents=True)
    examples.write(
        channel, made.training, model="flights", data_revision=revision, parameters={"until": "2013-01"}
    )
    config = tmp_path / "input" / "config"
    config.mkdir()
    (config / "hyperparameters.json").write_text('{"model": "flights", "trees": "20"}')
    monkeypatch.setattr("pipelines.export._with_float32_thresholds", lambda estimator: estimator)
    assert main(["train"], {BASE: str(tmp_path)}) == Exit.GATE
    failure = (tmp_path / "output" / "failure").read_text()
    assert failure.startswith(
        "train stopped: the exported model computes something else: ONNX and scikit-learn differ by"
    )
    assert not (tmp_path / "model").exists()
