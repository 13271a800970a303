"""The program that a schedule starts: it proposes a model of the latest months once, and tells a topic once."""

import json
import sys
from datetime import UTC, datetime

import pytest

from pipelines.proposal import __main__ as proposal
from pipelines.proposal.training import Step, StoppedError, Trained, UntrainedError
from tests.unit.pipelines.proposal.bucket import Dated
from tests.unit.pipelines.test_places import refused

REVISION = "sha256:" + "a" * 64
TOPIC = "arn:aws:sns:eu-west-1:111111111111:flights-staging-alarms"
IMAGE = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/flights-staging-steps@sha256:" + "5" * 64
ACTS = "acts/flights-staging.json"


def manifest(last=3):
    files = [
        {"path": f"{table}/2013-{month:02}.csv", "sha256": "0", "bytes": 1}
        for table in ("flights", "weather")
        for month in range(1, last + 1)
    ]
    return json.dumps({"revision": REVISION, "files": files}).encode()


def record(revision):
    return json.dumps({"schema": 1, "digests": {"image": "i", "model": "m", "data": revision}}).encode()


class Aws:
    """What is used of S3, SageMaker and SNS: a bucket of data sets that is the registry's too."""

    def __init__(self):
        self.s3 = Dated(
            datetime(2026, 11, 1, tzinfo=UTC),
            **{
                f"datasets/{REVISION.replace(':', '/')}/manifest.json": manifest(),
                "versions/v1.0.0.json": record("sha256:b"),
                "versions/v1.4.0.json": record("sha256:c"),
                "runs/e/evaluation/metrics.json": b'{"auc": 0.7}',
            },
        )
        self.messages, self.denied = [], False

    def client(self, service):
        return self.s3 if service == "s3" else self

    def publish(self, **message):
        if self.denied:
            raise refused("AuthorizationError", "Publish")
        self.messages.append(message)

    def describe_processing_job(self, *, ProcessingJobName):  # noqa: N803 - boto3's
        assert ProcessingJobName == "pipelines-e"
        uri = "s3://bucket/runs/e/evaluation"
        return {
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "evaluation", "S3Output": {"S3Uri": uri}}]}
        }

    def acts(self):
        return json.loads(self.s3.objects[ACTS])["acts"] if ACTS in self.s3.objects else []


@pytest.fixture
def aws(monkeypatch):
    made = Aws()
    monkeypatch.setitem(sys.modules, "boto3", made)
    return made


@pytest.fixture
def trainings(monkeypatch):
    """What `modelctl train` was given, each time; `result` is what it answers."""

    class Trainings(list):
        result = Trained("arn:e", (Step("Evaluate", "arn:job/pipelines-e"),))

        def train(self, folder, *arguments):
            self.append((json.loads((folder / "params.yaml").read_text()), arguments))
            if isinstance(self.result, Exception):
                raise self.result
            return self.result

    made = Trainings()
    monkeypatch.setattr(proposal.training, "train", made.train)
    return made


def run():
    return proposal.main(
        [
            *(
                "--env",
                "staging",
                "--model",
                "flights",
                "--registry",
                "s3://bucket",
                "--data-bucket",
                "bucket",
            ),
            *("--acts", f"s3://bucket/{ACTS}", "--topic", TOPIC, "--step-image", IMAGE, "--timeout", "600"),
            *("--parameters", '{"fit": {"trees": 5}, "evaluation": {"engine": "slices"}}'),
        ]
    )


def test_a_model_of_the_latest_months_is_trained_and_the_topic_is_told_what_to_type(aws, trainings, capsys):
    assert run() == 0
    ((parameters, arguments),) = trainings
    assert parameters == {"fit": {"trees": 5}, "evaluation": {"engine": "slices"}}
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert given == {
        "--env": "staging",
        "--model": "flights",
        "--version": "v1.5.0",
        "--data-revision": REVISION,
        "--first": "2013-01",
        "--until": "2013-02",
        "--commit": "0" * 40,
        "--timeout": "600",
        "--step-image": IMAGE,
    }
    (message,) = aws.messages
    assert (message["TopicArn"], message["Subject"]) == (TOPIC, "staging: a retrained model")
    assert "passes its gates on 2013-03 (auc 0.700)" in message["Message"]
    assert "`git tag flights@v1.5.0`, push the tag" in message["Message"]
    (act,) = aws.acts()
    assert (act["kind"], act["outcome"], act["cause"]) == ("propose", "done", f"schedule {REVISION}")
    assert capsys.readouterr().out == f"done: {message['Message']}\n"


def test_the_same_months_again_train_nothing_and_tell_nobody(aws, trainings, capsys):
    assert (run(), run()) == (0, 0)
    assert (len(trainings), len(aws.messages), len(aws.acts())) == (1, 1, 1)
    assert (
        "nothing new: a model of the latest months, 2013-01 to 2013-03, was proposed"
        in capsys.readouterr().out
    )


def test_months_that_a_version_is_of_train_nothing_and_tell_nobody(aws, trainings, capsys):
    aws.s3.objects["versions/v1.5.0.json"] = record(REVISION)
    assert run() == 0
    assert (trainings, aws.messages, aws.acts()) == ([], [], [])
    assert capsys.readouterr().out.startswith("nothing new: v1.5.0 is of the latest months")


def test_a_model_that_a_gate_stops_is_told_with_its_sentence_and_is_no_failure(aws, trainings):
    trainings.result = StoppedError("v1.5.0 is stopped: evaluation gate: AUC is lower")
    assert (run(), run()) == (0, 0)
    (message,) = aws.messages
    assert message["Message"].endswith("is not proposed: v1.5.0 is stopped: evaluation gate: AUC is lower")
    assert [act["outcome"] for act in aws.acts()] == ["stopped"]
    assert len(trainings) == 1


def test_a_training_that_fails_is_tried_at_each_time_and_told_once_until_it_fails_otherwise(aws, trainings):
    for reason, told in (("Train: no memory", 1), ("Train: no memory", 1), ("no pipeline", 2)):
        trainings.result = UntrainedError(reason)
        assert run() == 1
        assert len(aws.messages) == told
    assert len(trainings) == 3
    assert {act["outcome"] for act in aws.acts()} == {"failed"}


def test_a_topic_that_cannot_be_told_is_told_at_the_next_time(aws, trainings, capsys):
    aws.denied = True
    assert run() == 1
    assert f"proposal: {TOPIC} was not told: " in capsys.readouterr().err
    aws.denied = False
    assert run() == 0
    assert len(aws.messages) == 1
    assert [act["outcome"] for act in aws.acts()] == ["failed", "done"]
    assert len(trainings) == 2


def test_two_at_the_same_time_train_and_tell_once(aws, trainings):
    bucket, put = aws.s3, aws.s3.put_object

    def put_late(**call):
        bucket.put_object = put
        assert run() == 0  # another one is done before this one's claim is written
        put(**call)

    bucket.put_object = put_late
    assert run() == 0
    assert (len(trainings), len(aws.messages), len(aws.acts())) == (1, 1, 1)


def test_one_that_died_over_it_is_followed_by_another_half_a_day_later(aws, trainings, monkeypatch):
    monkeypatch.setattr(proposal, "carry_out", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run()
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "boto3", aws)
    monkeypatch.setattr(proposal.training, "train", trainings.train)
    assert run() == 0
    assert trainings == []
    (act,) = aws.acts()
    aws.s3.objects[ACTS] = json.dumps({"format": 1, "acts": [{**act, "at": "2026-01-01T00:00:00Z"}]}).encode()
    assert run() == 0
    assert len(trainings) == len(aws.messages) == 1


@pytest.mark.parametrize(
    "broken",
    [
        (f"datasets/{REVISION.replace(':', '/')}/manifest.json", b"{", "proposal: "),
        (f"datasets/{REVISION.replace(':', '/')}/manifest.json", manifest(1), "no data set has 2 months"),
        ("versions/latest.json", record("x"), "'latest' is not a version"),
        ("versions/v1.9.0.json", b"{}", "proposal: "),
        (ACTS, b"[", "no document of acts"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_and_trains_nothing(aws, trainings, capsys, broken):
    key, content, words = broken
    aws.s3.objects[key] = content
    assert (run(), trainings) == (1, [])
    assert words in capsys.readouterr().err
