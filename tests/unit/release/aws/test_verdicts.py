"""The newest verdicts of an environment in S3: read by one call, of the account's own bucket."""

import io

import boto3
import pytest
from botocore.stub import Stubber

from modeldelivery.release.aws.verdicts import S3Verdicts
from modeldelivery.release.errors import UnreachableError, UpdateNeededError
from modeldelivery.release.verdicts import Verdicts, encode
from tests.unit.release.test_verdicts import V1, drift

REQUEST = {"Bucket": "registry", "Key": "verdicts/flights-prod.json", "ExpectedBucketOwner": "222222222222"}


@pytest.fixture
def s3():
    client = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def read(s3):
    return S3Verdicts(
        s3=s3.client, bucket="registry", key="verdicts/flights-prod.json", account="222222222222"
    ).read()


def test_one_call_tells_them(s3):
    kept = Verdicts().with_drift(V1, drift())
    s3.add_response("get_object", {"Body": io.BytesIO(encode(kept))}, REQUEST)
    assert read(s3) == kept


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchBucket"])
def test_where_nobody_judged_yet_there_are_none(s3, code):
    s3.add_client_error("get_object", code, expected_params=REQUEST)
    assert read(s3) == Verdicts()


def test_what_is_denied_is_an_error_with_its_call(s3):
    s3.add_client_error("get_object", "AccessDenied", http_status_code=403, expected_params=REQUEST)
    with pytest.raises(UnreachableError, match=r"s3:GetObject s3://registry/verdicts/flights-prod\.json"):
        read(s3)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"drift": {"v1.0.0": {}}}', b"\xff"])
def test_what_are_no_verdicts_is_a_sentence_with_the_way_on(s3, content):
    s3.add_response("get_object", {"Body": io.BytesIO(content)}, REQUEST)
    with pytest.raises(UnreachableError, match="is not the verdicts of an environment") as error:
        read(s3)
    assert "delete it" in error.value.hint


def test_what_a_newer_program_demands_is_told(s3):
    s3.add_response("get_object", {"Body": io.BytesIO(b'{"schema": 2, "requires": ["wings"]}')}, REQUEST)
    with pytest.raises(UpdateNeededError):
        read(s3)
