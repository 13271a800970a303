"""What an endpoint captures is encrypted under a key, in a folder of the stack that expires; nothing is found where nothing is captured."""

import pytest

from modeldelivery.policy.rules.capture import CAPTURED_DATA
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.policy.found import REGISTRY, endpoint, not_known, resource, whats

ENDS = {"status": "Enabled", "filter": {"prefix": "capture/"}, "expiration": {"days": 30.0}}
KMS = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:key"}}
FOR_EVER, NO_KEY = "captured for ever", "captured without a key"


def capturing(destination=f"s3://{REGISTRY}/capture"):
    return endpoint("v1.0.0", capture={"percent": 20.0, "destination": destination})


def bucket(ends=(ENDS,), encryption=(KMS,), name=REGISTRY):
    """A bucket with what stands beside it."""
    beside = {
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ends,
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": encryption,
    }
    return (
        resource("aws:s3/bucket:Bucket", "registry", bucket=name),
        *(resource(kind, "registry", bucket=name, rules=rules) for kind, rules in beside.items()),
    )


def test_what_is_captured_into_a_folder_that_expires_under_a_key_passes():
    assert whats(CAPTURED_DATA, capturing(), *bucket()) == []


def test_an_endpoint_that_captures_nothing_is_not_judged():
    assert whats(CAPTURED_DATA, endpoint("v1.0.0")) == []


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], [FOR_EVER]),
        ([ENDS | {"status": "Disabled"}], [FOR_EVER]),
        ([ENDS | {"filter": {"prefix": "runs/"}}], [FOR_EVER]),
        ([ENDS | {"filter": {"prefix": "capture/flights-prod/"}}], [FOR_EVER]),
        ([ENDS | {"filter": {"prefix": "capture/", "tag": {"key": "a", "value": "b"}}}], [FOR_EVER]),
        ([ENDS | {"expiration": {"expiredObjectDeleteMarker": True}}], [FOR_EVER]),
        (
            [{"status": "Enabled", "filter": {}, "noncurrentVersionExpiration": {"noncurrentDays": 9.0}}],
            [FOR_EVER],
        ),
        ([ENDS | {"filter": {"prefix": "runs/"}}, ENDS], []),
        ([ENDS | {"filter": {}}], []),
        ([ENDS | {"filter": {"prefix": "cap"}}], []),
    ],
)
def test_what_no_rule_ends_is_found(rules, expected):
    assert whats(CAPTURED_DATA, capturing(), *bucket(ends=rules)) == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], [NO_KEY]),
        ([{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}], [NO_KEY]),
        ([{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms:dsse"}}], []),
        ([{"applyServerSideEncryptionByDefault": UNKNOWN}], []),
    ],
)
def test_what_is_under_no_key_is_found(rules, expected):
    assert whats(CAPTURED_DATA, capturing(), *bucket(encryption=rules)) == expected


@pytest.mark.parametrize("destination", ["s3://elsewhere/capture", f"s3://{REGISTRY}-2/capture"])
def test_a_bucket_of_no_resource_of_the_stack_is_found(destination):
    assert whats(CAPTURED_DATA, capturing(destination), *bucket()) == [f"captures into {destination}"]


def test_a_destination_and_rules_that_are_not_known_yet_are_said_to_be():
    assert not_known(CAPTURED_DATA, capturing(UNKNOWN), *bucket()) == ["capture.destination"]
    assert not_known(CAPTURED_DATA, capturing(), *bucket(ends=UNKNOWN)) == ["rules"]
