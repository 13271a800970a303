"""A bucket is private by what stands beside it."""

import json

import pytest

from components.bucket import _only_over_tls
from modeldelivery.policy.rules.buckets import PRIVATE_BUCKETS
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.policy.found import not_known, resource, whats

BUCKET = resource("aws:s3/bucket:Bucket", "data", bucket="data-1")
ALL_FOUR = dict.fromkeys(
    ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
)


def beside(kind, bucket="data-1", **props):
    return resource(f"aws:s3/{kind}", "data", bucket=bucket, **props)


def encryption(bucket="data-1", **more):
    return beside(
        "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", bucket, **more
    )


def block(**changed):
    return beside("bucketPublicAccessBlock:BucketPublicAccessBlock", **{**ALL_FOUR, **changed})


def policy(**changed):
    statement = {**_only_over_tls("data-1"), **changed}
    return beside("bucketPolicy:BucketPolicy", policy=json.dumps({"Statement": [statement]}))


def test_a_bucket_with_all_three_is_private():
    assert whats(PRIVATE_BUCKETS, BUCKET, encryption(), block(), policy()) == []


def test_a_bucket_alone_lacks_all_three():
    assert whats(PRIVATE_BUCKETS, BUCKET) == ["encryption", "public access block", "tls"]


def test_another_buckets_settings_do_not_count():
    assert whats(PRIVATE_BUCKETS, BUCKET, encryption("data-2"), block(), policy()) == ["encryption"]


@pytest.mark.parametrize("key", ALL_FOUR)
def test_a_block_with_a_gap_is_found(key):
    assert whats(PRIVATE_BUCKETS, BUCKET, encryption(), block(**{key: False}), policy()) == [
        "public access block"
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"Effect": "Allow"},
        {"Principal": {"AWS": "arn:aws:iam::1:root"}},
        {"Action": "s3:GetObject"},
        {"Resource": "arn:aws:s3:::data-1"},
        {"Resource": "arn:aws:s3:::data-1/*"},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {
            "Condition": {
                "Bool": {"aws:SecureTransport": "false"},
                "StringEquals": {"aws:PrincipalTag/x": "y"},
            }
        },
    ],
)
def test_a_denial_that_lets_some_through_without_tls_does_not_count(changed):
    assert whats(PRIVATE_BUCKETS, BUCKET, encryption(), block(), policy(**changed)) == ["tls"]


def test_the_condition_may_be_a_list_of_one():
    over_tls = policy(Condition={"Bool": {"aws:SecureTransport": ["false"]}})
    assert whats(PRIVATE_BUCKETS, BUCKET, encryption(), block(), over_tls) == []


def test_what_is_linked_by_an_output_belongs_to_the_bucket_before_its_name_is_known():
    new = resource("aws:s3/bucket:Bucket", "data", bucket=UNKNOWN)
    linked = encryption(UNKNOWN, links={"bucket": [new.urn]})
    assert "encryption" not in whats(PRIVATE_BUCKETS, new, linked)


def test_two_names_that_are_not_known_are_not_the_same_name():
    new = resource("aws:s3/bucket:Bucket", "data", bucket=UNKNOWN)
    assert "encryption" in whats(PRIVATE_BUCKETS, new, encryption(UNKNOWN))


def test_a_policy_that_is_not_known_yet_is_said_to_be():
    waiting = beside("bucketPolicy:BucketPolicy", policy=UNKNOWN)
    assert whats(PRIVATE_BUCKETS, BUCKET, encryption(), block(), waiting) == []
    assert not_known(PRIVATE_BUCKETS, BUCKET, encryption(), block(), waiting) == ["policy"]
