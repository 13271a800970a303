"""A model that is trained to be proposed: what `modelctl train --propose` told, what its job measured, and the sentence."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from modeldelivery.release.version import Version
from pipelines.months import Month
from pipelines.proposal import training
from pipelines.proposal.training import Proposal, StoppedError, UntrainedError
from tests.unit.pipelines.test_places import Bucket


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (("v1.1.0", "v1.0.0"), "v1.2.0"),
        (("v1.1.0", "v1.4.2", "v1.2.0"), "v1.5.0"),
        (("v2.3.1", "v1.10.0"), "v2.4.0"),
        ((), "v0.1.0"),
    ],
)
def test_the_tag_is_above_all_that_there_are(present, expected):
    assert training.next_version(map(Version, present)) == expected


def test_a_proposal_says_what_to_type():
    proposal = Proposal(
        "flights", Version("v1.2.0"), "2013-01", Month(2013, 12), "arn:e", {"auc": 0.70512, "brier": 0.1}
    )
    assert str(proposal) == (
        "arn:e trained a model of flights on 2013-01 to 2013-12, which passes its gates on 2014-01 (auc 0.705, brier 0.100); to have it: "
        'set months.until to "2013-12" in params.yaml, `make model`, commit, `git tag flights@v1.2.0`, push the tag'
    )
    assert "on 2014-01; to have" in str(replace(proposal, metrics={}))


@pytest.mark.parametrize(
    ("status", "output", "raised"),
    [
        (
            8,
            {"summary": "v1.2.0 is stopped: AUC is lower"},
            (StoppedError, "v1.2.0 is stopped: AUC is lower"),
        ),
        (1, {"summary": "no pipeline", "hint": "pulumi up"}, (UntrainedError, "no pipeline: pulumi up")),
        (70, None, (UntrainedError, "modelctl train ended with status 70")),
    ],
    ids=["gate", "refused", "broken"],
)
def test_a_training_that_came_to_nothing_says_why(monkeypatch, status, output, raised):
    error, words = raised
    answer = subprocess.CompletedProcess([], status, stdout=json.dumps(output).encode() if output else b"")
    monkeypatch.setattr(training.subprocess, "run", lambda *_, **__: answer)
    with pytest.raises(error, match=words):
        training.train(Path(), "--env", "staging")


def test_a_training_is_asked_to_register_nothing(monkeypatch):
    commands = []
    detail = {"execution": "arn:e", "steps": [{"name": "Evaluate", "job": "arn:j", "status": "Succeeded"}]}
    answer = subprocess.CompletedProcess([], 0, json.dumps({"summary": "passes", "detail": detail}).encode())
    monkeypatch.setattr(training.subprocess, "run", lambda command, **_: commands.append(command) or answer)
    assert training.train(Path(), "--env", "staging").execution == "arn:e"
    assert commands[0][3:] == ["train", "--propose", "--env", "staging", "--json"]


class Aws:
    """Its job that judged, and what that left."""

    def __init__(self):
        self.s3 = Bucket(**{"runs/e/Evaluate/evaluation/metrics.json": b'{"auc": 0.7, "brier": 0.1}'})

    def describe_processing_job(self, *, ProcessingJobName):  # noqa: N803 - boto3's
        assert ProcessingJobName == "pipelines-e-evaluate-1"
        outputs = {
            "verdict": "s3://bucket/runs/e/Evaluate/verdict",
            "evaluation": "s3://bucket/runs/e/Evaluate/evaluation",
        }
        return {
            "ProcessingOutputConfig": {
                "Outputs": [{"OutputName": name, "S3Output": {"S3Uri": uri}} for name, uri in outputs.items()]
            }
        }


def test_a_proposal_tells_what_its_judging_job_measured():
    job = "arn:aws:sagemaker:eu-west-1:111111111111:processing-job/pipelines-e-evaluate-1"
    steps = (training.Step(name="Train", job="arn:x"), training.Step(name="Evaluate", job=job))
    trained = training.Trained(execution="arn:e", steps=steps)
    assert training.measured(trained, Aws(), Aws().s3) == {"auc": 0.7, "brier": 0.1}
    nameless = training.Trained(execution="arn:e", steps=(training.Step(name="Evaluate"),))
    assert training.measured(nameless, Aws(), Aws().s3) == {}
