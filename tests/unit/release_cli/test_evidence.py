"""`modelctl register` with evidence: what is kept of a digest set before its version's name is claimed, and what a record says of it."""

import hashlib
import json

import msgspec
import pytest

from modeldelivery.release.cli import register as command
from modeldelivery.release.errors import ConflictError
from modeldelivery.release.record import GateOutcome, Source
from tests.bits import packed

from .world import V1


def evaluation(path, digest, **changes):
    """A report as far as a record keeps it."""
    skip = {"by": "ada@example.com", "because": "the feed was down"}
    report = {
        "schema": 1,
        "challenger": {"digest": digest},
        "passed": True,
        "reason": "",
        "gates": [
            {"name": "size", "verdict": "passed", "sentence": "enough"},
            {"name": "limits.auc", "verdict": "skipped", "sentence": "AUC 0.5", "skip": skip},
        ],
        **changes,
    }
    path.write_bytes(msgspec.json.encode(report))
    return path


PACKED = "sha256:" + hashlib.sha256(packed()).hexdigest()


def test_a_version_keeps_who_skipped_which_gate_and_why(register, world, tmp_path):
    file = evaluation(tmp_path / "evaluation.json", PACKED)
    assert register(evaluation=file).status == 0
    record, _ = world.registry.records[V1]
    assert record.gates == {
        "size": GateOutcome(verdict="passed"),
        "limits.auc": GateOutcome(verdict="skipped", by="ada@example.com", because="the feed was down"),
    }
    assert register(evaluation=file).out.startswith("v1.0.0 is already registered")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"passed": False, "reason": "AUC 0.5 overall is under 0.58"}, "the model did not pass: AUC 0.5 overall"),
        ({"gates": [{"name": "size", "verdict": "failed"}]}, "the model did not pass: size failed"),
        ({"gates": [{"name": "size", "verdict": "skipped"}]}, "nobody says who and why"),
        ({"gates": [{"name": "size", "verdict": "skipped", "skip": {"by": " ", "because": "x"}}]}, "nobody says who"),
        ({"gates": []}, "it has 0 gates"),
        ({"gates": [{"name": "size", "verdict": "passed"}] * 2}, "it has 2 gates"),
        ({"challenger": {"digest": "sha256:other"}}, "judged the model sha256:other, and the artifact is sha256:"),
        ({"schema": 2}, "schema 2, but this program reads 1"),
        ({"gates": None}, "Expected `array`"),
    ],
)  # fmt: skip
def test_an_evaluation_that_did_not_let_this_model_pass_registers_nothing(
    register, world, tmp_path, changes, sentence
):
    ended = register(evaluation=evaluation(tmp_path / "evaluation.json", PACKED, **changes))
    assert ended.status == 1
    assert sentence in ended.err
    assert world.registry.records == {}


def test_an_evaluation_that_cannot_be_read_registers_nothing(register, world, tmp_path):
    ended = register(evaluation=tmp_path / "none.json")
    assert "No such file" in ended.err
    assert world.registry.records == {}


def sha256(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


@pytest.fixture
def validation(tmp_path):
    path = tmp_path / "validation.json"
    path.write_text('{"passed": true}')
    return path


def test_a_record_names_the_evidence_that_is_kept_of_its_bits_by_its_digest(
    register, world, tmp_path, validation
):
    file = evaluation(tmp_path / "report.json", PACKED)

    assert register("--evidence", f"validation.json={validation}", evaluation=file).status == 0

    record, _ = world.registry.records[V1]
    assert record.evidence == {
        "evaluation.json": sha256(file.read_bytes()),
        "validation.json": sha256(validation.read_bytes()),
    }
    assert world.registry.evidence == {
        (record.digests.id, "evaluation.json"): file.read_bytes(),
        (record.digests.id, "validation.json"): validation.read_bytes(),
    }


def test_evidence_is_kept_before_the_name_is_claimed(register, world, validation):
    def looks():
        assert len(world.registry.evidence) == 1
        assert world.registry.records == {}

    world.registry.on_write.append(looks)
    assert register("--evidence", f"validation.json={validation}").status == 0


def test_no_name_is_claimed_where_evidence_could_not_be_kept(register, world, validation, monkeypatch):
    def refuses(*_):
        raise ConflictError("s3:PutObject evidence: someone else changed it; reading it again")

    monkeypatch.setattr(world.registry, "store_evidence", refuses)
    ended = register("--evidence", f"validation.json={validation}")

    assert (ended.status, world.registry.records) == (5, {})
    assert "run the same command again" in ended.err


@pytest.mark.parametrize("killed", [True, False], ids=["killed before its claim", "complete"])
def test_of_two_evaluations_of_the_same_bits_the_first_stands_with_its_gates(
    register, world, tmp_path, killed
):
    """Latencies differ from one evaluation to the next."""
    first = evaluation(tmp_path / "first.json", PACKED, latency=0.5)
    register(evaluation=first)
    if killed:
        world.registry.records.clear()
    passed = {"gates": [{"name": "size", "verdict": "passed"}]}
    second = evaluation(tmp_path / "second.json", PACKED, latency=0.7, **passed)

    ended = register(evaluation=second)

    record, _ = world.registry.records[V1]
    assert ended.status == 0
    assert record.evidence == {"evaluation.json": sha256(first.read_bytes())}
    assert record.gates["limits.auc"].verdict == "skipped"
    assert any("an earlier one of the same bits stands" in note for note in world.time.notes) is killed


def test_the_same_bits_under_another_name_have_the_evidence_that_stands(register, world, tmp_path):
    first = evaluation(tmp_path / "first.json", PACKED)
    register(evaluation=first)

    register(version="v1.0.1", evaluation=evaluation(tmp_path / "second.json", PACKED, latency=1))

    assert world.registry.records["v1.0.1"][0].evidence == {"evaluation.json": sha256(first.read_bytes())}


def test_evidence_that_a_version_was_registered_without_is_refused(register, world, validation):
    register()
    ended = register("--evidence", f"validation.json={validation}")

    assert (ended.status, world.registry.evidence) == (1, {})
    assert "already registered by bob@operator with no validation.json. A version never changes" in ended.err


@pytest.mark.parametrize("same", [True, False])
def test_a_record_of_before_evidence_was_kept_keeps_its_gates(register, world, tmp_path, same):
    file = evaluation(tmp_path / "evaluation.json", PACKED)
    register(evaluation=file)
    record, etag = world.registry.records[V1]
    world.registry.records[V1] = msgspec.structs.replace(record, evidence=None), etag
    if not same:
        file = evaluation(tmp_path / "other.json", PACKED, gates=[{"name": "size", "verdict": "passed"}])

    ended = register(evaluation=file)

    assert ended.status == (0 if same else 1)
    assert ("with another evaluation. A version never changes" in ended.err) is not same


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--evidence", "validation.json"), "write NAME=FILE"),
        (("--evidence", "../journal={file}"), "write lowercase letters, digits"),
        (("--evidence", "Validation={file}"), "write lowercase letters, digits"),
        (("--evidence", f"{'v' * 65}={{file}}"), "64 characters at most"),
        (("--evidence", "a={file}", "--evidence", "a={file}"), "evidence a is given twice"),
        (("--evidence", "a={file}.none"), "No such file"),
        (("--commit", "main"), "write 40 hex digits"),
        (("--commit", "A" * 40), "write 40 hex digits"),
        (("--execution", "arn:aws:sagemaker:eu-west-1:111111111111:pipeline/flights"), "write an execution's ARN"),
    ],
)  # fmt: skip
def test_what_is_no_evidence_or_source_registers_nothing(register, world, validation, words, sentence):
    ended = register(*(word.format(file=validation) for word in words))

    assert ended.status != 0
    assert sentence in ended.err
    assert (world.registry.records, world.registry.evidence) == ({}, {})


@pytest.mark.parametrize(("content", "sentence"), [(b"", "is empty"), (b"12345", "holds more than 0 MiB")])
def test_a_document_that_is_empty_or_too_large_is_refused(
    register, validation, monkeypatch, content, sentence
):
    monkeypatch.setattr(command, "MOST_BYTES", 4)
    validation.write_bytes(content)
    ended = register("--evidence", f"validation.json={validation}")

    assert ended.status == 1
    assert f"validation.json={validation}: it {sentence}" in ended.err


@pytest.mark.parametrize(("now", "status"), [(0.71, 0), (0.99, 1)])
def test_a_record_of_before_metrics_were_evidence_is_registered_with_its_own(
    register, world, tmp_path, now, status
):
    metrics = tmp_path / "metrics.json"
    metrics.write_text('{"auc": 0.71}')
    register("--metrics", metrics)
    record, etag = world.registry.records[V1]
    world.registry.records[V1] = msgspec.structs.replace(record, evidence=None), etag
    metrics.write_text(json.dumps({"auc": now}))
    assert register("--metrics", metrics).status == status


def test_the_evaluation_is_evidence_of_one_name(register, tmp_path):
    file = evaluation(tmp_path / "evaluation.json", PACKED)
    ended = register("--evidence", f"evaluation.json={file}", evaluation=file)

    assert "evidence evaluation.json is given twice, --evaluation is one of them" in ended.err


def test_an_evaluation_given_as_evidence_is_judged_all_the_same(register, world, tmp_path):
    failed = evaluation(tmp_path / "evaluation.json", PACKED, passed=False, reason="AUC 0.5")
    assert "the model did not pass: AUC 0.5" in register("--evidence", f"evaluation.json={failed}").err
    assert world.registry.evidence == {}


COMMIT = "0123456789abcdef0123456789abcdef01234567"
EXECUTION = "arn:aws:sagemaker:eu-west-1:111111111111:pipeline/flights-staging/execution/abcdefghijkl"


def test_a_record_says_of_which_commit_and_execution_it_is_and_the_first_stands(register, world):
    register("--commit", COMMIT, "--execution", EXECUTION)
    ended = register("--commit", COMMIT[::-1], "--execution", EXECUTION.replace("abc", "xyz"))

    assert ended.status == 0
    assert world.registry.records[V1][0].source == Source(commit=COMMIT, execution=EXECUTION)


def test_a_record_of_which_no_source_was_given_has_none(register, world):
    register()
    assert (
        json.loads(msgspec.json.encode(world.registry.records[V1][0]))
        .keys()
        .isdisjoint({"source", "evidence"})
    )
