"""A data set in the data bucket: written once, whole or without its manifest, whoever is killed or comes second."""

import itertools
import json
import os
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from pipelines import dataset
from tests.conftest import CHECKOUT
from tests.faults.kill import every, killed

pytestmark = pytest.mark.faults

FILES = {"trips/2013-01.csv": b"month\n1\n", "trips/2013-02.csv": b"month\n2\n"}
POINTS = every({"PutObject": len(FILES) + 1})
DAILY = {"PutObject-0-answer", "PutObject-2-call"}


_numbers = itertools.count(1)


@pytest.fixture
def bucket(sandbox):
    """A bucket with the data bucket's statements on data sets (tests/components/test_data_bucket.py)."""
    s3 = sandbox.client("staging", "s3")
    name = f"published-{os.getpid()}-{next(_numbers)}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    every_caller = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Resource": f"arn:aws:s3:::{name}/datasets/*",
    }
    statements = [
        {
            "Sid": "OnlyConditionalWrites",
            "Action": "s3:PutObject",
            "Condition": {"Null": {"s3:if-none-match": "true"}},
        },
        {"Sid": "DatasetsAreNeverDeleted", "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"]},
    ]
    policy = {"Version": "2012-10-17", "Statement": [every_caller | each for each in statements]}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return name


@pytest.fixture
def folder(tmp_path):
    dataset.write(tmp_path, FILES)
    return tmp_path


@pytest.fixture
def publishing(sandbox, bucket, folder):
    """Starts the program: `publishing(caller)`."""

    def start(caller):
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.publish", str(folder), "--bucket", bucket, "--profile", "staging"],
            cwd=CHECKOUT, env=os.environ | sandbox.env | {"AWS_SDK_UA_APP_ID": caller}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    return start


def ended(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out


def held(sandbox, bucket):
    s3 = sandbox.client("staging", "s3")
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {each["Key"]: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in listed}


def whole(folder):
    prefix = "datasets/" + dataset.read_manifest(folder).revision.replace(":", "/") + "/"
    manifest = {prefix + "manifest.json": (folder / "manifest.json").read_bytes()}
    return {prefix + path: content for path, content in FILES.items()} | manifest


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, id=str(point), marks=[] if str(point) in DAILY else pytest.mark.soak)
        for point in POINTS
    ],
)
def test_a_killed_publication_is_finished_by_the_next(sandbox, bucket, folder, publishing, point):
    killed(sandbox, f"{bucket}-dies", point, publishing)
    manifested = any(key.endswith("manifest.json") for key in held(sandbox, bucket))
    assert manifested == (point.nth == len(FILES) and point.ran)
    assert "written" in ended(publishing("next")) or manifested
    assert held(sandbox, bucket) == whole(folder)


def test_two_that_publish_the_same_at_once_are_both_right(sandbox, bucket, folder, publishing):
    for process in [publishing("one"), publishing("other")]:
        assert "datasets/sha256/" in ended(process)
    assert held(sandbox, bucket) == whole(folder)
    assert "already there" in ended(publishing("third"))


def test_a_revision_can_be_neither_overwritten_nor_deleted(sandbox, bucket, publishing):
    ended(publishing("first"))
    before = held(sandbox, bucket)
    s3 = sandbox.client("staging", "s3")
    key = next(iter(before))
    etag = s3.head_object(Bucket=bucket, Key=key)["ETag"]
    for write in ({}, {"IfMatch": etag}):
        with pytest.raises(ClientError, match=r"PutObject.*OnlyConditionalWrites"):
            s3.put_object(Bucket=bucket, Key=key, Body=b"forged", **write)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"forged", IfNoneMatch="*")
    with pytest.raises(ClientError, match=r"DeleteObject.*DatasetsAreNeverDeleted"):
        s3.delete_object(Bucket=bucket, Key=key)
    assert held(sandbox, bucket) == before


def test_bits_that_somebody_else_put_there_are_told_by_their_key(sandbox, bucket, folder, publishing):
    key = next(iter(whole(folder)))
    sandbox.client("staging", "s3").put_object(Bucket=bucket, Key=key, Body=b"forged", IfNoneMatch="*")
    process = publishing("late")
    _, err = process.communicate(timeout=300)
    assert process.returncode == 1
    assert f"publish: {key} holds sha256:" in err
    assert "Traceback" not in err
