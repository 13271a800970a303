"""Artifacts: what goes up in parts is proved to be the file all the same."""

import base64
import hashlib
from pathlib import Path

import pytest
from boto3.exceptions import S3UploadFailedError

from modeldelivery.release.aws.artifact import MIB, MOST_PARTS, PART, Artifacts, checksums, part_size
from modeldelivery.release.errors import RefusedError, UnreachableError
from tests.fakes.aws import refusal
from tests.fakes.time import FakeTime


class S3:
    """Keeps the bytes of one object, and S3's checksum over its parts; `spoils` is what it makes of them on the way."""

    def __init__(self, spoils=bytes):
        self.stored, self.metadata, self.spoils, self.fails = None, {}, spoils, None

    def head_object(self, **_):
        if self.stored is None:
            raise refusal("404", status=404)
        part = int(self.metadata["part-bytes"])
        parts = [self.stored[at : at + part] for at in range(0, len(self.stored), part)]
        over = hashlib.sha256(b"".join(hashlib.sha256(each).digest() for each in parts)).digest()
        return {
            "ChecksumSHA256": f"{base64.b64encode(over).decode()}-{len(parts)}",
            "Metadata": self.metadata,
        }

    def upload_file(self, *, Filename, ExtraArgs, Callback, **_):  # noqa: N803 - boto3's names
        if self.fails:
            try:
                raise self.fails
            except type(self.fails):
                raise S3UploadFailedError("Failed to upload")  # noqa: B904 - as boto3 does
        body = Path(Filename).read_bytes()
        for _ in range(4):
            Callback(len(body) // 4)
        self.stored, self.metadata = self.spoils(body), ExtraArgs["Metadata"]


@pytest.fixture
def file(tmp_path):
    """A file of more than one part, and its digest."""
    path = tmp_path / "model.tar.gz"
    path.write_bytes(bytes(range(256)) * 40)
    return path, "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def artifacts(s3, part=4096):
    return Artifacts(s3=s3, bucket="registry", account="111111111111", part=part)


def test_a_file_of_several_parts_is_stored_with_progress_and_found_again(file):
    s3, told = S3(), FakeTime()

    assert artifacts(s3).store(*file, told)
    assert s3.stored == file[0].read_bytes()
    assert len(told.notes) == 4

    assert not artifacts(s3, part=5000).store(
        *file, told
    )  # another program's part size, written beside the object


def test_what_arrives_otherwise_is_found_out(file):
    with pytest.raises(UnreachableError, match=r"does not hold what its name says .*find out who wrote it"):
        artifacts(S3(spoils=lambda body: body[:-1] + b"!")).store(*file, FakeTime())


def test_a_file_that_changes_while_it_goes_up_is_refused(file):
    path, digest = file

    def changes(body):
        path.write_bytes(b"other" * 2000)
        return body

    with pytest.raises(RefusedError, match="changed while it was being registered: register it again"):
        artifacts(S3(spoils=changes)).store(path, digest, FakeTime())


def test_an_object_that_is_gone_right_after_it_went_up_is_said_so(file):
    with pytest.raises(UnreachableError, match="is gone right after it was uploaded"):
        artifacts(S3(spoils=lambda _: None)).store(*file, FakeTime())


@pytest.mark.parametrize(
    ("fails", "sentence"),
    [
        (refusal("AccessDenied", "no", 403), "AccessDenied: no: look at the role"),
        (OSError("disk"), "Failed to"),
    ],
)
def test_an_upload_that_is_refused_is_a_sentence(file, fails, sentence):
    s3 = S3()
    s3.fails = fails

    with pytest.raises(UnreachableError, match=sentence):
        artifacts(s3).store(*file, FakeTime())


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 8192, 10000])
def test_checksums_are_of_the_whole_and_over_its_parts(tmp_path, size):
    path = tmp_path / "file"
    path.write_bytes(body := bytes(range(256)) * 40)
    path.write_bytes(body := body[:size])
    parts = [hashlib.sha256(body[at : at + 4096]).digest() for at in range(0, size, 4096)]

    checksum = checksums(path, 4096)

    assert checksum.whole == base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert checksum.over_parts == base64.b64encode(hashlib.sha256(b"".join(parts)).digest()).decode()


@pytest.mark.parametrize("size", [1, PART, PART + 1, 10_000 * PART, 10_000 * PART + 1, 5 * 1024 * 1024 * MIB])
def test_no_file_that_s3_can_hold_needs_more_parts_than_it_takes(size):
    part = part_size(size)

    assert -(-size // part) <= MOST_PARTS
    assert part % MIB == 0
    assert PART <= part <= 5 * 1024 * MIB
