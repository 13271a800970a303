"""What `make model` makes of the stages' ends, with a `dvc` and an evaluation that end as told."""

import stat
import subprocess

import pytest

from pipelines.gates.report import encode
from tests.unit.tools.test_model_page import report
from tools.model import run, stages
from tools.model.run import RunError
from tools.model.stages import Outcome

STOPS = """printf %s "{text}" > "$BUILD/{stage}/output/{file}"
exit {status}
"""


def ends(stage, text, status=255):
    """Shell of a run that one stage ends."""
    return STOPS.format(
        stage=stage, text=text, status=status, file="failure" if stage == "train" else "message"
    )


@pytest.fixture
def built(monkeypatch, tmp_path):
    """A build folder, a `dvc` that does as its shell says, and an evaluation: `built("exit 4")`; `(outcome, folder)`."""
    (tmp_path / "build").mkdir()
    folder = tmp_path / "build"
    monkeypatch.setenv("BUILD", str(folder))
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    monkeypatch.setattr(stages, "BUILD", folder)
    monkeypatch.setattr(stages, "DVC", tmp_path / "dvc")
    monkeypatch.setattr(stages, "_LOG", folder / "dvc.log")
    monkeypatch.setattr(stages, "VALIDATION", folder)
    monkeypatch.setattr(stages, "EVALUATION", folder)
    compared = []

    def build(shell, *, comparison="", earlier=()):
        (tmp_path / "dvc").write_text(f"#!/bin/sh\n{shell}")
        (tmp_path / "dvc").chmod(stat.S_IRWXU)
        for stage in stages._STEPS:
            (folder / stage / "output").mkdir(parents=True)
        for stage, text in earlier:
            (folder / stage / "output" / "message").write_text(text)
        monkeypatch.setattr(
            stages, "_compare", lambda model: compared.append(model) or (report(), comparison)
        )
        return stages.train("flights"), compared

    return build


def test_a_model_that_no_stage_stopped_is_held_against_the_champion(built):
    outcome, compared = built("exit 0", comparison="evaluate stopped: AUC")
    assert compared == ["flights"]
    assert outcome == Outcome(None, report(), "evaluate stopped: AUC")


def test_a_model_that_absolute_limits_stopped_is_held_against_the_champion_too(built):
    outcome, _ = built(
        ends("evaluate", "evaluate stopped: AUC"), comparison="evaluate stopped: AUC, and worse"
    )
    assert outcome == Outcome(None, report(), "evaluate stopped: AUC, and worse")


def test_a_model_that_absolute_limits_stopped_is_stopped_whatever_the_comparison_says(built):
    outcome, _ = built(ends("evaluate", "evaluate stopped: AUC"))
    assert outcome.stopped == "evaluate stopped: AUC"


def test_data_that_was_stopped_brings_no_report_of_an_earlier_model(built):
    outcome, compared = built(
        ends("validate", "validate stopped: empty"), earlier=(("evaluate", "evaluate stopped: old"),)
    )
    assert outcome == Outcome(None, None, "validate stopped: empty")
    assert compared == []


@pytest.mark.parametrize(
    ("stage", "text"),
    [("train", "train: leaves is 1"), ("validate", "validate: flights.json: expectations is empty")],
)
def test_a_stage_that_fails_without_a_verdict_is_told_in_its_words(built, stage, text):
    with pytest.raises(RunError, match=f"^{text}$"):
        built(ends(stage, text))


def test_a_stage_without_a_message_is_told_by_its_last_words_and_not_by_an_earlier_runs_message(built):
    told = "assemble: data/weather/2013-02.csv is not here; `dvc pull` gets it"
    dvc = f"""cat << END
Running stage 'dataset':
> .venv/bin/python -m pipelines.assemble
a warning
Verifying data sources in stage: 'data.dvc'
{told}
ERROR: failed to reproduce 'dataset': failed to run, exited with 1
END
exit 255
"""
    with pytest.raises(RunError) as stopped:
        built(dvc.replace("`", "\\`"), earlier=(("validate", "validate stopped: once upon a time"),))
    assert str(stopped.value) == f"{told} (all of it: build/dvc.log)"


def test_dvc_that_fails_by_itself_is_told_in_its_words(built):
    with pytest.raises(RunError, match=r"^ERROR: dvc.yaml is invalid \(all of it"):
        built("echo 'ERROR: dvc.yaml is invalid' >&2; exit 4")


def test_dvc_that_says_nothing_is_told_by_its_status(built):
    with pytest.raises(RunError, match="`dvc repro` ended with 4"):
        built("exit 4")


def test_an_evaluation_that_leaves_no_verdict_is_no_verdict(monkeypatch, tmp_path):
    monkeypatch.setattr(stages, "_COMPARISON", tmp_path)
    monkeypatch.setattr(stages, "EVALUATION", tmp_path)
    ended = subprocess.CompletedProcess([], 70, "", "Traceback: a bug")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)
    with pytest.raises(RunError, match="the evaluation ended with 70: Traceback: a bug"):
        stages._compare("flights")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, "", ""))
    with pytest.raises(RunError, match="left no report"):
        stages._compare("flights")
    (tmp_path / "evaluation.json").write_bytes(encode(report()))
    assert stages._compare("flights") == (report(), "")
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "message").write_text("evaluate: the champion: damaged")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, "", ""))
    with pytest.raises(RunError, match="the champion: damaged"):
        stages._compare("flights")


def test_records_that_a_run_changed_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "ROOT", tmp_path)
    for command in (["init"], ["config", "user.email", "a@example.com"], ["config", "user.name", "a"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "metrics.json").write_text("{}")
    (tmp_path / "dvc.lock").write_text("a")
    for command in (["add", "."], ["commit", "-m", "a"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "other").touch()
    assert run.uncommitted() == ()
    (tmp_path / "dvc.lock").write_text("b")
    (tmp_path / "metrics" / "metrics.json").write_text("{1}")
    assert run.uncommitted() == ("dvc.lock", "metrics/metrics.json")
