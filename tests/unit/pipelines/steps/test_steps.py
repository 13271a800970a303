"""The program of the steps, on real flights of two months."""

import gc
import json

import pytest

from pipelines import dataset, examples
from pipelines.package import unpack
from pipelines.server import artifact
from pipelines.steps import featurize, local
from pipelines.steps.__main__ import main
from pipelines.steps.contract import GateError


@pytest.fixture(scope="module")
def data(tmp_path_factory, published_months):
    folder = tmp_path_factory.mktemp("data")
    dataset.write(folder, published_months)
    return folder


@pytest.fixture(scope="module")
def featurized(tmp_path_factory, data):
    base = tmp_path_factory.mktemp("featurize")
    assert run(base, "featurize", data=data, until="2013-01") == 0
    return base / "processing" / "output"


def run(base, step, **given):
    inputs = [f"--input={name}={path}" for name, path in given.items() if hasattr(path, "exists")]
    parameters = [
        word for name, value in given.items() if isinstance(value, str) for word in (f"--{name}", value)
    ]
    return local.main([step, f"--base={base}", "--model=flights", *inputs, "--", *parameters])


def test_the_steps_make_the_model_that_the_command_makes(tmp_path, featurized, trained):
    assert run(tmp_path, "train", training=featurized / "training", seed="0") == 0
    assert (tmp_path / "output" / "model.tar.gz").read_bytes() == trained.archive


def test_a_model_names_its_data_and_its_parameters(trained, tmp_path, data):
    (tmp_path / "model.tar.gz").write_bytes(trained.archive)
    origin = json.loads(unpack(tmp_path / "model.tar.gz")[artifact.METRICS_FILE])
    assert origin["data_revision"] == dataset.read_manifest(data).revision
    assert origin["parameters"]["until"] == "2013-01"
    assert (origin["model"], origin["parameters"]["trees"]) == ("flights", 150)


def test_the_same_data_gives_the_same_bytes(tmp_path, data, featurized):
    assert run(tmp_path, "featurize", data=data, until="2013-01") == 0
    for name in ("training", "evaluation"):
        for file in (examples.FRAME_FILE, examples.RECORD_FILE):
            again = tmp_path / "processing" / "output" / name / file
            assert again.read_bytes() == (featurized / name / file).read_bytes()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["--until", "2013-14"], "featurize: arguments after --: '2013-14' is not a month"),
        (["--til", "2013-01"], "featurize: arguments after --: til is '2013-01', but there is no such parameter; allowed: until"),
        ([], "featurize: arguments after --: until is missing; allowed: until"),
        (["--until"], "featurize: --until: write each parameter as --name value"),
        (["until", "2013-01"], "featurize: until 2013-01: write each parameter as --name value"),
        (["--until", "2013-01", "--until", "2013-02"], "--until is there twice"),
        (["--until", "2013-02"], "featurize: until is 2013-02, so the data is to end with 2013-03"),
    ],
)  # fmt: skip
def test_a_parameter_that_is_wrong_stops_the_step_with_a_sentence(tmp_path, data, capsys, given, reason):
    status = local.main(
        ["featurize", f"--base={tmp_path}", "--model=flights", f"--input=data={data}", "--", *given]
    )
    assert status == 1
    assert reason in capsys.readouterr().err
    assert reason in (tmp_path / "output" / "message").read_text()
    assert not (tmp_path / "processing" / "output").exists()


def test_a_training_step_tells_its_failure_where_sagemaker_reads_it(tmp_path, featurized, capsys):
    assert run(tmp_path, "train", training=featurized / "training", tres="10") == 1
    reason = (tmp_path / "output" / "failure").read_text()
    assert (
        "hyperparameters.json: tres is '10', but there is no such parameter; allowed: seed, trees" in reason
    )
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "output" / "model.tar.gz").exists()


def test_the_recipes_parameters_may_be_one_text(tmp_path, featurized, trained):
    """A pipeline has a fixed number of parameters, a recipe has its own."""
    path = tmp_path / "input" / "config" / "hyperparameters.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"model": "flights", "fit": '{"learning_rate":0.06,"seed":0,"trees":150}'}))
    (tmp_path / "input" / "data").mkdir()
    (tmp_path / "input" / "data" / "training").symlink_to(featurized / "training")
    assert main(["train"], {"SAGEMAKER_BASE_DIR": str(tmp_path)}) == 0
    (tmp_path / "model.tar.gz").write_bytes(trained.archive)
    written = {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()}
    assert written == unpack(tmp_path / "model.tar.gz")


@pytest.mark.parametrize("fit", ["", "[]", "seed=0", '{"seed": null}', '{"seed": {"a": 1}}'])
def test_parameters_that_are_no_flat_object_are_refused(tmp_path, capsys, fit):
    path = tmp_path / "input" / "config" / "hyperparameters.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"model": "flights", "fit": fit}))
    assert main(["train"], {"SAGEMAKER_BASE_DIR": str(tmp_path)}) == 1
    assert f"{path}: fit is {fit!r}; it is one flat JSON object" in capsys.readouterr().err


def test_an_unknown_model_is_refused_with_those_that_have_a_recipe(tmp_path, capsys):
    environ = {"SAGEMAKER_BASE_DIR": str(tmp_path)}
    assert main(["featurize", "--model", "trains", "--", "--until", "2013-01"], environ) == 1
    assert "no recipe of a model 'trains'; there is one of flights" in capsys.readouterr().err


def test_training_without_a_model_is_refused(tmp_path, capsys):
    path = tmp_path / "input" / "config" / "hyperparameters.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"seed": "0"}')
    assert main(["train"], {"SAGEMAKER_BASE_DIR": str(tmp_path)}) == 1
    assert f"{path}: model is missing" in capsys.readouterr().err


def test_an_input_that_is_not_there_is_refused(tmp_path, capsys):
    environ = {"SAGEMAKER_BASE_DIR": str(tmp_path)}
    assert main(["featurize", "--model", "flights", "--", "--until", "2013-01"], environ) == 1
    assert "processing/input/data: no such folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (GateError("AUC 0.5 is under 0.6"), 3, "featurize stopped: AUC 0.5 is under 0.6"),
        (ZeroDivisionError("zero"), 70, "featurize: a bug: ZeroDivisionError: zero"),
    ],
)
def test_a_gate_and_a_bug_end_with_statuses_of_their_own(tmp_path, monkeypatch, error, status, reason):
    def stop(_):
        raise error

    monkeypatch.setattr(featurize, "run", stop)
    environ = {"SAGEMAKER_BASE_DIR": str(tmp_path)}
    assert main(["featurize", "--model", "flights"], environ) == status
    assert (tmp_path / "output" / "message").read_text() == reason


def test_a_run_leaves_no_input_and_no_output_of_an_earlier_one(tmp_path, data):
    assert run(tmp_path, "featurize", data=data, until="2013-01") == 0
    assert run(tmp_path, "featurize", until="2013-01") == 1
    assert not (tmp_path / "processing").exists()


@pytest.mark.parametrize("text", ["data", "=x", "data=", "data=/nowhere"])
def test_an_input_is_a_name_and_a_folder(capsys, tmp_path, text):
    with pytest.raises(SystemExit):
        local.main(["featurize", f"--base={tmp_path}", "--model=flights", "--input", text])
    assert repr(text) in capsys.readouterr().err


def test_every_step_is_a_module_that_can_be_run():
    from pipelines.steps.step import STEPS  # noqa: PLC0415

    for step in STEPS.values():
        assert callable(step.module().run)
        assert callable(step.module().add_options)


def test_a_step_is_loaded_without_the_garbage_collector_and_runs_with_it(tmp_path, monkeypatch):
    collected = []
    monkeypatch.setattr(featurize, "add_options", lambda _: collected.append(gc.isenabled()))
    monkeypatch.setattr(featurize, "run", lambda _: collected.append(gc.isenabled()))
    assert local.main(["featurize", f"--base={tmp_path}", "--model=flights"]) == 0
    assert collected == [False, True]
