"""What hosting writes of what was captured: under which name, and what becomes of the next file when one cannot be written."""

import errno
import queue
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from sandbox.dataplane.spool import Place, Spool
from sandbox.faults import Faults
from sandbox.hosting.captured import Captured
from sandbox.refusal import RefusedError

DEADLINE = 240.0  # seconds
PLACE = Place("1", "e", "v1-0-0", "2025/11/29/17", "s3://bucket/capture", "arn:key", "arn:aws:iam::1:role/r")


@dataclass
class Store:
    """S3 that fails first, and then takes what it is given."""

    failures: list = field(default_factory=list)
    objects: queue.SimpleQueue = field(default_factory=queue.SimpleQueue)

    def put_object(self, **given):
        if self.failures:
            raise self.failures.pop()
        self.objects.put(given)


def refusing(_role):
    raise RefusedError("the role does not trust sagemaker.amazonaws.com")


@pytest.fixture
def written(tmp_path):
    """Makes a file of lines: `written(lines, **of its place)`; its name."""

    def made(lines, **changes):
        file = Spool(tmp_path).open(PLACE._replace(**changes))
        file.write(lines)
        file.close()
        return file.name

    return made


def test_a_file_is_under_its_endpoint_variant_and_hour_with_its_key_and_gone_from_the_disk(written, tmp_path):
    store, name = Store(), written(b"a\n")
    captured = Captured(tmp_path, lambda _role: store, Faults())
    captured.take([name])
    assert store.objects.get(timeout=DEADLINE) == {
        "Bucket": "bucket", "Key": f"capture/e/v1-0-0/2025/11/29/17/{name}", "Body": b"a\n",
        "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:key",
    }  # fmt: skip
    captured.take(
        [name, written(b"b\n")]
    )  # a data plane that starts names what it finds: the first was under way
    assert store.objects.get(timeout=DEADLINE)["Body"] == b"b\n"
    captured.take([written(b"c\n")])
    assert store.objects.get(timeout=DEADLINE)["Body"] == b"c\n"
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    "failure",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        ClientError(
            {"Error": {"Code": "InternalFailure", "Message": "No space left on device"}}, "PutObject"
        ),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_and_the_next_is_written(failure, caplog, written, tmp_path):
    store, first = Store([failure]), written(b"a\n")
    Captured(tmp_path, lambda _role: store, Faults()).take([first, written(b"b\n")])
    assert store.objects.get(timeout=DEADLINE)["Body"] == b"b\n"
    assert "not written" in caplog.text
    assert str(failure) in caplog.text
    assert not (tmp_path / first).exists()


def test_a_role_that_cannot_be_taken_on_is_told_and_another_ones_file_is_written(caplog, written, tmp_path):
    store = Store()
    captured = Captured(
        tmp_path, lambda role: store if role.arn.endswith("other") else refusing(role), Faults()
    )
    captured.take([written(b"a\n"), written(b"b\n", role="arn:aws:iam::1:role/other")])
    assert store.objects.get(timeout=DEADLINE)["Body"] == b"b\n"
    assert "capture of e is not written: the role does not trust" in caplog.text


def test_of_a_file_whose_writer_was_killed_before_it_said_where_it_goes_nothing_is_written(
    caplog, written, tmp_path
):
    store = Store()
    (tmp_path / "half.jsonl").write_bytes(b'["1","e","v1-0')
    Captured(tmp_path, lambda _role: store, Faults()).take(["half.jsonl", written(b"b\n")])
    assert store.objects.get(timeout=DEADLINE)["Body"] == b"b\n"
    assert "captured lines of half.jsonl are not written: it does not say where they go" in caplog.text
    assert not (tmp_path / "half.jsonl").exists()
