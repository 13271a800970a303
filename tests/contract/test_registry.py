"""What every Registry does."""

import hashlib
import itertools

import msgspec
import pytest

from modeldelivery.release.aws.artifact import MIB, Artifacts
from modeldelivery.release.errors import ConflictError, UnreachableError
from modeldelivery.release.naming import artifact_key, samples_key
from modeldelivery.release.ports import DOCKER_MANIFEST
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.samples import read_samples
from modeldelivery.release.version import DigestSet, Version
from tests.bits import SAMPLES
from tests.fakes.time import FakeTime

_numbers = itertools.count(1)


@pytest.fixture
def record(shelf):
    """A claim of a version and bits that no other test has."""
    number = next(_numbers)
    return VersionRecord(
        version=Version(f"v{number}.0.0"),
        digests=DigestSet(image=shelf.image, model="sha256:" + f"{number:064x}", data="rows"),
        image=f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/echo@{shelf.image}",
        model_data="s3://contract/model.tar.gz",
        registered_at=shelf.now(),
        registered_by="ada",
        metrics={"auc": 0.7},
    )


@pytest.fixture
def artifact(tmp_path):
    path = tmp_path / "model.tar.gz"
    path.write_bytes(str(tmp_path).encode())
    return path, "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_unknown_version_has_a_free_place_and_the_stores_time(shelf):
    entry = shelf.registry.entry(Version("v999.0.0"))

    assert (entry.record, entry.etag) == (None, None)
    assert abs(entry.now - shelf.now()) < 60


def test_a_version_is_claimed_once(shelf, record):
    shelf.registry.write(record, None)

    with pytest.raises(ConflictError):
        shelf.registry.write(msgspec.structs.replace(record, registered_by="bob"), None)
    assert shelf.registry.entry(record.version).record == record


def test_a_record_is_completed_by_who_has_read_it(shelf, record):
    shelf.registry.write(record, None)
    etag = shelf.registry.entry(record.version).etag
    whole = msgspec.structs.replace(record, package_arn="arn:package")
    shelf.registry.write(whole, etag)

    with pytest.raises(ConflictError):
        shelf.registry.write(record, etag)
    assert shelf.registry.entry(record.version).record == whole


def test_a_record_that_was_never_there_is_not_completed(shelf, record):
    with pytest.raises(ConflictError):
        shelf.registry.write(record, '"0123456789abcdef0123456789abcdef"')
    assert shelf.registry.entry(record.version).record is None


def test_an_image_is_known_by_its_digest(shelf):
    image = shelf.registry.image(shelf.image)
    assert (image.media_type, image.platform) == (DOCKER_MANIFEST, "linux/amd64")
    assert shelf.registry.image("sha256:" + "0" * 64) is None


def test_an_artifact_is_stored_once(shelf, artifact):
    assert shelf.registry.store_artifact(*artifact, FakeTime())
    assert not shelf.registry.store_artifact(*artifact, FakeTime())


def test_of_two_documents_of_one_name_the_first_is_kept(shelf, record):
    kept = [
        shelf.registry.store_evidence(record.digests.id, "validation.json", b)
        for b in (b"one", b"two", b"one")
    ]
    kept.append(shelf.registry.store_evidence(record.digests.id, "page.html", b"<p>"))

    assert kept == [b"one", b"one", b"one", b"<p>"]


def test_what_is_kept_of_a_digest_set_is_listed_and_read(shelf, record):
    digests = record.digests.id
    assert (
        shelf.registry.evidence_names(digests),
        shelf.registry.read_evidence(digests, "verify-staging.json"),
    ) == (
        (),
        None,
    )

    shelf.registry.store_evidence(digests, "verify-staging.json", b"one")
    shelf.registry.store_evidence(digests, "load-staging-ml.m5.large.json", b"two")

    assert shelf.registry.evidence_names(digests) == ("load-staging-ml.m5.large.json", "verify-staging.json")
    assert shelf.registry.read_evidence(digests, "verify-staging.json") == b"one"
    assert shelf.registry.read_evidence(digests, "verify-staging") is None


def test_samples_are_what_their_digest_says(shelf):
    samples = read_samples(SAMPLES, "samples")
    assert shelf.registry.fetch_samples("sha256:" + "1" * 64) is None

    shelf.registry.store_samples(samples)

    assert shelf.registry.fetch_samples(samples.digest) == SAMPLES


def test_samples_that_someone_else_put_under_a_digest_are_not_believed(account, aws_shelf):
    digest = "sha256:" + "2" * 64
    account.patient.s3.put_object(
        Bucket=aws_shelf.registry.place.registry_bucket, Key=samples_key(digest), Body=b"something else"
    )

    with pytest.raises(UnreachableError, match="is not what its name says"):
        aws_shelf.registry.fetch_samples(digest)


def test_a_package_that_was_made_is_found_again(shelf, record):
    assert shelf.registry.find_package(record) is None

    arn = shelf.registry.create_package(record)

    assert shelf.registry.find_package(record) == arn


def test_a_package_is_made_once_however_often_it_is_asked_for(shelf, record):
    assert shelf.registry.create_package(record) == shelf.registry.create_package(record)


def test_a_package_of_other_bits_under_the_same_name_is_another(shelf, record):
    shelf.registry.create_package(record)
    other = msgspec.structs.replace(
        record, digests=msgspec.structs.replace(record.digests, data="other rows")
    )

    assert shelf.registry.find_package(other) is None


def test_a_package_is_found_by_what_is_its_own_whatever_others_wrote_on_it(account, aws_shelf):
    number = 900 + next(_numbers)
    record = VersionRecord(
        version=Version(f"v{number}.0.0"),
        digests=DigestSet(image=aws_shelf.image, model="sha256:" + f"{number:064x}", data="rows"),
        image=f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/echo@{aws_shelf.image}",
        model_data="s3://contract/model.tar.gz",
        registered_at=aws_shelf.now(),
        registered_by="ada",
    )
    arn = aws_shelf.registry.create_package(record)
    account.patient.sagemaker.update_model_package(
        ModelPackageArn=arn, CustomerMetadataProperties={"ticket": "ML-7"}
    )

    assert aws_shelf.registry.find_package(record) == arn


@pytest.mark.sandbox
def test_an_artifact_comes_back_as_it_was_stored(shelf, artifact, tmp_path):
    path, digest = artifact
    assert not shelf.registry.fetch_artifact("sha256:" + 64 * "f", tmp_path / "none")
    shelf.registry.store_artifact(path, digest, FakeTime())
    assert shelf.registry.fetch_artifact(digest, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == path.read_bytes()


def test_an_artifact_that_is_not_what_its_name_says_is_not_taken(account, hosting, tmp_path):
    s3, digest = account.patient.s3, "sha256:" + 64 * "e"
    s3.put_object(Bucket=hosting.bucket, Key=artifact_key(digest), Body=b"else")
    with pytest.raises(UnreachableError, match="which is not its name"):
        Artifacts(s3=s3, bucket=hosting.bucket, account=account.id).fetch(digest, tmp_path / "fetched")


def test_an_artifact_that_goes_up_in_parts_is_proved_by_what_s3_keeps_of_them(account, hosting, tmp_path):
    """The sandbox's S3 computes the checksum over the parts as they arrive."""
    s3 = account.patient.s3
    artifacts = Artifacts(s3=s3, bucket=hosting.bucket, account=account.id, part=5 * MIB)
    path = tmp_path / "model.tar.gz"
    path.write_bytes(bytes(range(256)) * (12 * MIB // 256))
    digest = "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    told = FakeTime()

    assert artifacts.store(path, digest, told)
    assert not artifacts.store(path, digest, told)

    assert told.notes[-1] == "artifact: 12 of 12 MiB uploaded"
    stored = s3.get_object(Bucket=hosting.bucket, Key=artifact_key(digest))
    assert stored["Body"].read() == path.read_bytes()
    s3.put_object(Bucket=hosting.bucket, Key=artifact_key(digest), Body=b"else", ChecksumAlgorithm="SHA256")
    with pytest.raises(UnreachableError, match="does not hold what its name says"):
        artifacts.store(path, digest, told)
