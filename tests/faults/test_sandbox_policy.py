"""Bucket policies in the sandbox: what they deny is denied, and nothing else."""

import json

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def s3(sandbox):
    client = sandbox.client("staging", "s3")
    client.create_bucket(Bucket="policied", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    deny = {"Effect": "Deny", "Principal": "*"}
    statements = [
        deny
        | {
            "Sid": "OnlyOverTls",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::policied", "arn:aws:s3:::policied/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        deny
        | {
            "Sid": "OnlyConditionalWrites",
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::policied/journal/*",
            "Condition": {"Null": {"s3:if-match": "true", "s3:if-none-match": "true"}},
        },
    ]
    client.put_bucket_policy(Bucket="policied", Policy=json.dumps({"Statement": statements}))
    return client


def test_a_denial_whose_condition_does_not_hold_denies_nothing(s3):
    s3.put_object(Bucket="policied", Key="free", Body=b"x")
    assert s3.get_object(Bucket="policied", Key="free")["Body"].read() == b"x"


def test_an_unconditional_write_is_denied_where_only_conditional_ones_are_allowed(s3):
    with pytest.raises(ClientError, match="OnlyConditionalWrites"):
        s3.put_object(Bucket="policied", Key="journal/a", Body=b"x")


def test_a_conditional_write_is_allowed_there(s3):
    first = s3.put_object(Bucket="policied", Key="journal/b", Body=b"x", IfNoneMatch="*")
    second = s3.put_object(Bucket="policied", Key="journal/b", Body=b"y", IfMatch=first["ETag"])
    assert second["ETag"] != first["ETag"]


def test_a_condition_that_the_sandbox_cannot_judge_is_refused_by_name(s3):
    policy = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
    policy["Statement"][0]["Condition"] = {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    s3.create_bucket(Bucket="unjudged", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_policy(Bucket="unjudged", Policy=json.dumps(policy))
    with pytest.raises(ClientError, match="NumericLessThan"):
        s3.get_object(Bucket="unjudged", Key="a")
