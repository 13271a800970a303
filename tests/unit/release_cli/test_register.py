"""`modelctl register`: a name for bits, once."""

import hashlib

import msgspec
import pytest

from modeldelivery.release.version import DigestSet

from .world import PLACE, V1

REPOSITORY = f"{PLACE.account}.dkr.ecr.{PLACE.region}.amazonaws.com/{PLACE.repository}"
DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def artifact(tmp_path):
    path = tmp_path / "model.tar.gz"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def register(modelctl, world, artifact):
    """`modelctl register` of v1.0.0 with an image that is there; keywords replace options."""
    world.registry.images.add(DIGEST)

    def run(*more, **changed):
        asked = {
            "version": V1,
            "image": f"{REPOSITORY}@{DIGEST}",
            "artifact": artifact,
            "data-revision": "sha256:rows",
            **{name.replace("_", "-"): value for name, value in changed.items()},
        }
        return modelctl(
            "register", *(word for name, value in asked.items() for word in (f"--{name}", value)), *more
        )

    return run


def test_a_version_is_claimed_with_its_digests_and_completed_with_its_package(register, world):
    ended = register()

    record, _ = world.registry.records[V1]
    assert ended.status == 0
    assert ended.out.startswith("v1.0.0 is registered: arn:package/0\n")
    assert record.digests == DigestSet(
        image=DIGEST, model="sha256:" + hashlib.sha256(b"weights").hexdigest(), data="sha256:rows"
    )
    assert record.package_arn == "arn:package/0"
    assert record.registered_by == "bob@desk"


def test_json_has_the_record(register):
    said = register("--json").json

    assert said["outcome"] == "done"
    assert said["detail"]["version"] == "v1.0.0"
    assert said["detail"]["package_arn"] == "arn:package/0"


def test_the_same_bits_again_are_already_registered(register, world):
    register()

    ended = register("--actor", "ada")

    assert (ended.status, [each.version for each in world.registry.packages]) == (0, [V1])
    assert "v1.0.0 is already registered by bob@desk" in ended.out


def test_other_bits_are_refused_by_name(register, world, artifact):
    register()
    before = dict(world.registry.records)
    artifact.write_bytes(b"other weights")

    ended = register()

    assert ended.status == 1
    assert "register new bits as a new version" in ended.err
    assert hashlib.sha256(b"other weights").hexdigest() in ended.err
    assert world.registry.records == before


def test_evidence_is_recorded_and_never_replaced(register, world, tmp_path):
    evidence = tmp_path / "metrics.json"
    evidence.write_text('{"auc": 0.71, "trained_until": "2013-03"}')
    register("--evidence", evidence)
    evidence.write_text('{"auc": 0.99}')

    ended = register("--evidence", evidence)

    assert world.registry.records[V1][0].metrics == {"auc": 0.71, "trained_until": "2013-03"}
    assert ended.status == 1
    assert "other evidence" in ended.err


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
def test_evidence_that_is_not_flat_is_refused_with_its_file(register, tmp_path, text, sentence):
    path = tmp_path / "metrics.json"
    if text is not None:
        path.write_text(text)

    ended = register("--evidence", path)

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
