"""What hosting writes of what was captured: under which name, and what becomes of the next file when one cannot be written."""

import errno
import queue
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from sandbox.dataplane.capture import Batch, Place
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


def test_a_file_is_under_its_endpoint_variant_and_hour_with_its_key():
    store = Store()
    Captured(lambda _role: store, Faults()).take([Batch(PLACE, b"a\n")])
    given = store.objects.get(timeout=DEADLINE)
    folder, _, name = given.pop("Key").rpartition("/")
    assert folder == "capture/e/v1-0-0/2025/11/29/17"
    assert name.endswith(".jsonl")
    assert given == {
        "Bucket": "bucket", "Body": b"a\n", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:key",
    }  # fmt: skip


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
def test_a_file_that_cannot_be_written_is_told_and_the_next_is_written(failure, caplog):
    store = Store([failure])
    Captured(lambda _role: store, Faults()).take([Batch(PLACE, b"a\n"), Batch(PLACE, b"b\n")])
    assert store.objects.get(timeout=DEADLINE)["Body"] == b"b\n"
    assert "capture of e is not written" in caplog.text
    assert str(failure) in caplog.text


def test_a_role_that_cannot_be_taken_on_is_told_and_another_ones_file_is_written(caplog):
    store = Store()
    captured = Captured(lambda role: store if role.arn.endswith("other") else refusing(role), Faults())
    captured.take([Batch(PLACE, b"a\n"), Batch(PLACE._replace(role="arn:aws:iam::1:role/other"), b"b\n")])
    assert store.objects.get(timeout=DEADLINE)["Body"] == b"b\n"
    assert "capture of e is not written: the role does not trust" in caplog.text
