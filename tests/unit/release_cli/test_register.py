"""`modelctl register`: a name for bits, once."""

import hashlib
import io
import shlex
import sys
import tarfile

import msgspec
import pytest

from modeldelivery.release import samples
from modeldelivery.release.ports import DOCKER_MANIFEST, Image
from modeldelivery.release.record import Samples
from modeldelivery.release.version import DigestSet
from tests.bits import SAMPLES, SERVER, packed

from .world import DIGEST, REPOSITORY, V1


def test_a_version_is_claimed_with_its_digests_and_completed_with_its_package(register, world):
    ended = register()

    record, _ = world.registry.records[V1]
    assert ended.status == 0
    assert ended.out.startswith("v1.0.0 is registered: arn:package/0\n")
    assert record.digests == DigestSet(
        image=DIGEST, model="sha256:" + hashlib.sha256(packed()).hexdigest(), data="sha256:rows"
    )
    assert record.package_arn == "arn:package/0"
    assert record.registered_by == "bob@operator"


def test_json_has_the_record(register):
    output = register("--json").json

    assert output["outcome"] == "done"
    assert output["detail"]["version"] == "v1.0.0"
    assert output["detail"]["package_arn"] == "arn:package/0"


def test_the_same_bits_again_are_already_registered(register, world):
    register()

    ended = register("--actor", "ada")

    assert (ended.status, [each.version for each in world.registry.packages]) == (0, [V1])
    assert "v1.0.0 is already registered by bob@operator" in ended.out


def test_other_bits_are_refused_by_name(register, world, artifact):
    register()
    before = dict(world.registry.records)
    artifact.write_bytes(packed({"model.bin": b"other"}))

    ended = register()

    assert ended.status == 1
    assert "register new bits as a new version" in ended.err
    assert hashlib.sha256(packed({"model.bin": b"other"})).hexdigest() in ended.err
    assert world.registry.records == before


def test_metrics_are_recorded_and_never_replaced(register, world, tmp_path):
    metrics = tmp_path / "metrics.json"
    metrics.write_text('{"auc": 0.71, "trained_until": "2013-03"}')
    register("--metrics", metrics)
    metrics.write_text('{"auc": 0.99}')

    ended = register("--metrics", metrics)

    assert world.registry.records[V1][0].metrics == {"auc": 0.71, "trained_until": "2013-03"}
    assert ended.status == 1
    assert "other metrics" in ended.err


def test_metrics_are_evidence_of_the_bits_too(register, world, tmp_path):
    """A model package names the document and its digest."""
    metrics = tmp_path / "measured.json"
    metrics.write_text('{"auc": 0.71}')
    assert register("--metrics", metrics).status == 0
    record, _ = world.registry.records[V1]
    assert record.evidence == {"metrics.json": "sha256:" + hashlib.sha256(metrics.read_bytes()).hexdigest()}
    assert world.registry.evidence == {(record.digests.id, "metrics.json"): metrics.read_bytes()}


def test_a_version_has_its_own_metrics_and_its_bits_those_that_were_first(register, world, tmp_path):
    """Bits that a person registered are trained again by the pipeline, whose evaluation has other figures."""
    metrics = tmp_path / "metrics.json"
    metrics.write_text('{"auc": 0.71}')
    register("--metrics", metrics)
    first = metrics.read_bytes()
    metrics.write_text('{"auc": 0.713, "brier": 0.19}')

    statuses = [register("--metrics", metrics, version="v1.0.1").status for _ in range(2)]

    record, _ = world.registry.records["v1.0.1"]
    assert statuses == [0, 0]
    assert record.metrics == {"auc": 0.713, "brier": 0.19}
    assert record.evidence == {"metrics.json": "sha256:" + hashlib.sha256(first).hexdigest()}


@pytest.mark.parametrize("option", ["--metrics", "--evidence"])
def test_metrics_given_twice_are_refused(register, tmp_path, option):
    metrics = tmp_path / "metrics.json"
    metrics.write_text('{"auc": 0.71}')
    more = {"--metrics": metrics, "--evidence": f"metrics.json={metrics}"}[option]
    ended = register("--evidence", f"metrics.json={metrics}", option, more)
    assert "evidence metrics.json is given twice" in ended.err
    assert ("--metrics is one of them" in ended.err) is (option == "--metrics")


def test_two_that_register_at_once_share_one_record_and_one_package(register, world):
    world.registry.on_write.extend([register])

    assert register().status == 0
    assert [each.version for each in world.registry.packages] == [V1]


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (f"{REPOSITORY}:latest", f"write {REPOSITORY}@sha256:<64 hex digits>"),
        (f"{REPOSITORY}@sha256:abc", "does not name an image by digest"),
        (f"{REPOSITORY}-else@{DIGEST}", "is not in prod's repository"),
        (f"{REPOSITORY.replace('2222', '1111')}@{DIGEST}", "is not in prod's repository"),
        (f"{REPOSITORY}@sha256:{'b' * 64}", "push it first"),
    ],
)
def test_an_image_that_the_endpoint_could_not_pull_is_refused(register, world, image, sentence):
    ended = register(image=image)

    assert ended.status == 1
    assert sentence in ended.err
    assert world.registry.artifacts == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "No such file"),
        ("{", "truncated"),
        ('{"auc": {"mean": 1}}', "$[...]"),
        ("[1]", "flat JSON object"),
    ],
)
def test_metrics_that_are_not_flat_is_refused_with_its_file(register, tmp_path, text, sentence):
    path = tmp_path / "metrics.json"
    if text is not None:
        path.write_text(text)

    ended = register("--metrics", path)

    assert ended.status == 1
    assert str(path) in ended.err
    assert sentence in ended.err


def test_an_artifact_that_is_not_there_is_refused(register, tmp_path):
    ended = register(artifact=tmp_path / "absent.tar.gz")

    assert ended.status == 1
    assert "absent.tar.gz: No such file" in ended.err


def test_an_empty_data_revision_is_refused(register):
    ended = register(data_revision="")

    assert ended.status == 1
    assert "data revision is empty" in ended.err


def test_a_claim_without_a_package_is_completed(register, world):
    register()
    record, etag = world.registry.records[V1]
    world.registry.records[V1] = msgspec.structs.replace(record, package_arn=None), etag

    assert register().status == 0
    assert world.registry.records[V1][0] == record
    assert [each.version for each in world.registry.packages] == [V1]


# --- everything that could make a version unusable is known before its name is claimed


INDEX = "application/vnd.oci.image.index.v1+json"
OCI = "application/vnd.oci.image.manifest.v1+json"
BUILD = "docker buildx build --platform linux/amd64 --provenance=false --sbom=false --output type=docker"


def nothing_changed(world):
    return (world.registry.records, world.registry.artifacts, world.registry.samples) == ({}, {}, {})


@pytest.mark.parametrize(
    "media_type", [INDEX, OCI, "application/vnd.docker.distribution.manifest.list.v2+json", ""]
)
def test_a_manifest_that_sagemaker_refuses_is_refused_with_the_command_that_builds_another(
    register, world, media_type
):
    world.registry.images[DIGEST] = Image(media_type=media_type)

    ended = register()

    assert (ended.status, nothing_changed(world)) == (1, True)
    assert media_type in ended.err
    assert BUILD in ended.err
    assert f"docker push {REPOSITORY}:TAG" in ended.err


@pytest.mark.parametrize("platform", ["linux/arm64", "windows/amd64", "/"])
def test_another_platform_is_refused(register, world, platform):
    world.registry.images[DIGEST] = Image(media_type=DOCKER_MANIFEST, platform=platform)

    ended = register()

    assert (ended.status, nothing_changed(world)) == (1, True)
    assert f"is of {platform}, and SageMaker runs linux/amd64" in ended.err
    assert BUILD in ended.err


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"", "is empty"), (b"weights", "is no gzip file"), (packed({}, samples=b""), "holds no file")],
)
def test_an_archive_that_cannot_be_unpacked_is_refused(register, world, artifact, data, sentence):
    artifact.write_bytes(data)

    ended = register()

    assert (ended.status, nothing_changed(world)) == (1, True)
    assert sentence in ended.err


def test_what_aws_would_refuse_is_refused_in_its_words(register, world):
    world.registry.refuses = ("sagemaker:CreateModelPackage: Value 'a?b' …",)

    ended = register()

    assert (ended.status, nothing_changed(world)) == (1, True)
    assert "AWS would refuse v1.0.0: sagemaker:CreateModelPackage: Value 'a?b'" in ended.err
    assert "no name was claimed" in ended.err


def test_a_container_of_another_kind_brings_sample_requests_or_is_told_how(register, world, artifact):
    artifact.write_bytes(packed(samples=b""))

    ended = register()

    assert (ended.status, nothing_changed(world)) == (1, True)
    assert "there are no sample requests" in ended.err
    assert "--samples" in ended.err


def test_samples_that_are_a_link_in_the_artifact_are_none(register, world, artifact):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        body = tarfile.TarInfo("requests.json")
        body.size = len(SAMPLES)
        tar.addfile(body, io.BytesIO(SAMPLES))
        link = tarfile.TarInfo("samples.json")
        link.type, link.linkname = tarfile.SYMTYPE, "requests.json"
        tar.addfile(link)
    artifact.write_bytes(buffer.getvalue())

    ended = register()

    assert (ended.status, nothing_changed(world)) == (1, True)
    assert "there are no sample requests" in ended.err
    assert "samples.json, a file and no link" in ended.err


@pytest.mark.parametrize("missing", [True, False])
def test_samples_that_cannot_be_read_are_refused_also_under_a_version_that_is_taken(
    register, tmp_path, missing
):
    register()
    path = tmp_path / "requests.json"
    if not missing:
        path.mkdir()

    ended = register(samples=path)

    assert ended.status == 1
    assert f"--samples {path}: " in ended.err


def test_samples_in_the_artifact_are_recorded_and_kept(register, world):
    assert register().status == 0

    record, _ = world.registry.records[V1]
    digest = "sha256:" + hashlib.sha256(SAMPLES).hexdigest()
    assert record.samples == Samples(digest=digest, count=1, content_types=("text/csv",), accepts=())
    assert world.registry.samples == {digest: SAMPLES}


def test_samples_in_a_file_of_their_own_come_first(register, world, tmp_path):
    path = tmp_path / "requests.json"
    path.write_bytes(
        b'[{"content_type": "application/x-npy", "body_base64": "AAA=", "accept": "application/json"}]'
    )

    assert register(samples=path).status == 0

    kept = world.registry.records[V1][0].samples
    assert (kept.content_types, kept.accepts) == (("application/x-npy",), ("application/json",))


def test_other_samples_under_a_version_that_is_taken_are_refused(register, tmp_path):
    path = tmp_path / "requests.json"
    path.write_bytes(SAMPLES + b" ")
    register()

    ended = register(samples=path)

    assert ended.status == 1
    assert "other sample requests" in ended.err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[", "truncated"),
        ("{}", "array"),
        ("[]", "holds 0 sample requests"),
        ("[" + ",".join(['{"content_type": "a/b", "body": ""}'] * 101) + "]", "holds 101"),
        ('[{"body": "x"}]', "content_type"),
        ('[{"content_type": "text/csv"}]', "either `body` or `body_base64`"),
        (
            '[{"content_type": "text/csv", "body": "x", "body_base64": "eA=="}]',
            "either `body` or `body_base64`",
        ),
        ('[{"content_type": "text/csv", "body_base64": "!"}]', "is no base64"),
        ('[{"content_type": "text/csv", "body": "x", "method": "GET"}]', "method"),
        ('[{"content_type": "text/csv", "body": "\xff"}]', "utf-8"),
    ],
)
def test_samples_that_are_none_are_refused_with_their_file(register, world, tmp_path, text, sentence):
    path = tmp_path / "requests.json"
    path.write_bytes(text.encode("latin-1"))

    ended = register(samples=path)

    assert (ended.status, nothing_changed(world)) == (1, True)
    assert str(path) in ended.err
    assert sentence in ended.err.lower() or sentence in ended.err


def test_a_model_of_the_projects_own_server_is_read_by_the_servers_reader(register, world, tmp_path):
    world.registry.images[DIGEST] = SERVER
    marker = tmp_path / "seen"
    script = f"import sys, hashlib, json; d = sys.stdin.buffer.read(); open({str(marker)!r}, 'wb').write(d); print(json.dumps({{'contract': 'onnx-1', 'model': 'sha256:' + hashlib.sha256(d).hexdigest()}}))"

    ended = register(reader=shlex.join([sys.executable, "-c", script]))

    assert ended.status == 0, ended.err
    assert marker.read_bytes() == packed()
    assert world.registry.records[V1][0].samples is None


REFUSED = '{"contract": "onnx-1", "refused": "self-check predicts 0.5, but training computed 0.1"}'
OTHER = '{"contract": "onnx-2", "model": "sha256:0"}'


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["echo", REFUSED], "would not serve it: self-check predicts 0.5"),
        (["echo", OTHER], "keeps contract onnx-1, and the reader that was asked onnx-2"),
        (["echo", '{"contract": "onnx-1", "model": "sha256:0"}'], "would not serve it: other bits"),
        (["echo", "hello"], "does not: it ended with 0"),
        (
            ["sh", "-c", "echo no module named onnxruntime >&2; exit 1"],
            "does not: no module named onnxruntime",
        ),
        (["/nowhere/reader"], "does not: No such file"),
    ],
)
def test_a_reader_that_refuses_or_is_not_there_is_never_passed_over(register, world, command, sentence):
    world.registry.images[DIGEST] = SERVER

    ended = register(reader=shlex.join(command))

    assert (ended.status, nothing_changed(world)) == (1, True)
    assert sentence in ended.err


def test_where_there_is_no_reader_the_refusal_says_what_to_type(register, world):
    world.registry.images[DIGEST] = SERVER

    ended = register(reader="/nowhere/reader")

    assert "make setup" in ended.err
    assert "--reader 'docker run --rm -i" in ended.err


def test_the_checkouts_reader_refuses_what_is_no_model(register, world):
    """The default: the very code of the model server, in a process of its own."""
    world.registry.images[DIGEST] = SERVER

    ended = register()

    assert (ended.status, nothing_changed(world)) == (1, True)
    assert "would not serve it: the archive lacks metrics.json, model.onnx, schema.json" in ended.err


def test_a_version_that_is_complete_is_not_judged_again(register, world):
    register()
    world.registry.images.clear()

    assert register().status == 0


def test_samples_larger_than_any_few_requests_are_refused(register, world, tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "MOST_BYTES", 1024**2)
    path = tmp_path / "requests.json"
    path.write_bytes(b" " * (1024**2 + 1))

    ended = register(samples=path)

    assert (ended.status, nothing_changed(world)) == (1, True)
    assert f"{path} holds more than 1 MiB" in ended.err
