"""A judging step in a pipeline: it leaves a verdict for the condition after it, and ends well so that its report is kept."""

import json

import pytest

from pipelines.steps import evaluate, validate
from pipelines.steps.__main__ import main
from pipelines.steps.contract import BASE, MOST_BYTES, GateError, InputError


@pytest.fixture(params=[validate, evaluate], ids=["validate", "evaluate"])
def judging(request, monkeypatch, tmp_path):
    """Run a step that ends as it is told to: its status, and its verdict."""

    def run(*options, ends=None):
        def end(_):
            if ends:
                raise ends

        monkeypatch.setattr(request.param, "run", end)
        name = request.param.__name__.rpartition(".")[2]
        status = main([name, "--model", "flights", *options], {BASE: str(tmp_path)})
        path = tmp_path / "processing" / "output" / "verdict" / "verdict.json"
        return status, json.loads(path.read_bytes()) if path.exists() else None

    return run


def test_what_passed_leaves_a_verdict_that_says_so(judging):
    assert judging("--verdict") == (0, {"outcome": "passed", "sentence": ""})


def test_what_a_gate_stopped_ends_well_with_the_gates_sentence(judging, tmp_path):
    status, verdict = judging("--verdict", ends=GateError("AUC 0.5 is under 0.6"))
    assert (status, verdict) == (0, {"outcome": "stopped", "sentence": "AUC 0.5 is under 0.6"})
    assert (tmp_path / "output" / "message").read_text().endswith("stopped: AUC 0.5 is under 0.6")


def test_a_sentence_is_no_longer_than_sagemaker_keeps(judging):
    _, verdict = judging("--verdict", ends=GateError("ä" * 2 * MOST_BYTES))
    assert len(verdict["sentence"].encode()) <= MOST_BYTES


def test_what_could_not_be_judged_has_no_verdict(judging):
    assert judging("--verdict", ends=InputError("no rows")) == (1, None)


def test_without_the_option_a_gate_has_a_status_of_its_own_and_no_file(judging):
    assert judging(ends=GateError("AUC 0.5 is under 0.6")) == (3, None)
    assert judging() == (0, None)
