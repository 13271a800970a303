"""What cannot be made again refuses to be deleted, where the environment protects."""

import pytest

from modeldelivery.catalogue.tokens import BUCKETS, ENDPOINT
from modeldelivery.policy.rules.protection import PROTECTION
from modeldelivery.policy.stack import environment_of
from modeldelivery.provider import sdk
from tests.unit.policy.found import REGISTRY, STAGING, resource, whats

IRREPLACEABLE = [
    ("modeldelivery:index:Endpoint", {}),
    ("aws:s3/bucket:Bucket", {"bucket": REGISTRY}),
    ("aws:s3/bucketV2:BucketV2", {"bucket": REGISTRY}),
    ("aws:kms/key:Key", {}),
    ("aws:ecr/repository:Repository", {}),
    ("aws:sagemaker/modelPackageGroup:ModelPackageGroup", {}),
]


@pytest.mark.parametrize(("kind", "props"), IRREPLACEABLE)
def test_without_protect_it_is_found(kind, props):
    assert whats(PROTECTION, resource(kind, **props)) == ["protect"]


@pytest.mark.parametrize(("kind", "props"), IRREPLACEABLE)
def test_with_protect_it_is_not(kind, props):
    assert whats(PROTECTION, resource(kind, protect=True, **props)) == []


@pytest.mark.parametrize(("kind", "props"), IRREPLACEABLE)
def test_an_environment_that_does_not_protect_asks_for_nothing(kind, props):
    assert whats(PROTECTION, resource(kind, **props), environment=STAGING) == []


@pytest.mark.parametrize("kind", BUCKETS)
def test_the_bucket_with_access_logs_may_be_deleted(kind):
    logs = resource(kind, bucket="flights-prod-logs-222222222222-eu-west-1")
    assert whats(PROTECTION, logs) == []


@pytest.mark.parametrize(("text", "protects"), [("true", True), ("false", False), (None, True), ("no", True)])
def test_only_an_explicit_false_takes_protection_away(text, protects):
    config = {} if text is None else {"model-delivery:protect": text}
    assert environment_of("prod", config).protects is protects


@pytest.mark.parametrize("name", ["prod", "staging"])
def test_the_stacks_name_decides_nothing(name):
    assert environment_of(name, {"model-delivery:protect": "false"}).protects is False


@pytest.mark.parametrize("accounts", ["", "222222222222", "[]", "oops"])
def test_config_that_the_program_refuses_does_not_stop_the_pack(accounts):
    assert environment_of("prod", {"aws:allowedAccountIds": accounts}).protects


def test_the_endpoint_is_the_providers():
    assert ENDPOINT == sdk.ENDPOINT


def test_the_registry_bucket_is_the_one_that_the_program_names():
    config = {
        "model-delivery:model": "flights",
        "aws:region": "eu-west-1",
        "aws:allowedAccountIds": '["222222222222"]',
    }
    assert environment_of("prod", config).registry_bucket == REGISTRY
