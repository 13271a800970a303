import subprocess
import sys

import pytest

from modeldelivery.plugin.protocol import ProviderError
from sandbox.pulumi_aws.calls import AwsError, refuse_unless_loopback
from sandbox.pulumi_aws.config import parse_config
from tests.unit.sandbox_aws.stack import configured


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:5000", "http://127.8.8.8", "http://localhost:1", "http://[::1]:5"]
)
def test_this_machine_is_talked_to(endpoint):
    refuse_unless_loopback("s3", endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://s3.eu-west-1.amazonaws.com",
        "http://10.0.0.1:5000",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://[2001:db8::1]",
        "http://user:127.0.0.1@example.com",
    ],
)
def test_another_machine_is_refused_by_name(endpoint):
    with pytest.raises(ProviderError, match="this machine only") as refused:
        refuse_unless_loopback("s3", endpoint)
    assert endpoint in str(refused.value)


@pytest.mark.usefixtures("environment")
def test_the_real_aws_is_refused_before_anything_is_sent(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with pytest.raises(ProviderError, match=r"s3\.eu-west-1\.amazonaws\.com"):
        configured()._calls("s3", "list_buckets")


def test_a_services_failure_is_service_code_and_message(cloud):
    with pytest.raises(AwsError, match=r"^iam: NoSuchEntity: Role nobody not found") as failed:
        cloud.aws._calls("iam", "get_role", RoleName="nobody")
    assert failed.value.code == "NoSuchEntity"


@pytest.mark.usefixtures("environment")
def test_an_account_that_is_not_allowed_is_refused_before_the_first_call():
    aws = configured(allowedAccountIds='["999999999999"]')
    with pytest.raises(ProviderError, match="123456789012, and aws:allowedAccountIds allows 999999999999"):
        aws._calls("s3", "list_buckets")


@pytest.mark.usefixtures("environment")
def test_the_allowed_account_passes():
    assert configured(allowedAccountIds='["123456789012"]')._calls.identity()["Account"] == "123456789012"


@pytest.mark.usefixtures("environment")
def test_a_missing_profile_says_where_it_should_be():
    with pytest.raises(ProviderError, match="AWS_CONFIG_FILE"):
        configured(profile="staging")._calls("s3", "list_buckets")


@pytest.mark.usefixtures("environment")
def test_no_region_says_what_to_type():
    with pytest.raises(ProviderError, match="pulumi config set aws:region"):
        configured(region="")._calls.region  # noqa: B018 - the property is the call


def test_an_unknown_key_of_the_config_is_refused_with_those_known():
    failure = configured().check_config({"maxRetries": "3"}).failures[0]
    assert failure.property == "maxRetries"
    assert "aws:maxRetries is unknown" in failure.reason
    assert "allowedAccountIds, defaultTags" in failure.reason


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("allowedAccountIds", "111111111111,222222222222"),
        ("allowedAccountIds", "[111111111111]"),
        ("defaultTags", '{"owner": "ml"}'),
        ("ignoreTags", '["CostCenter"]'),
        ("ignoreTags", '{"prefixes": []}'),
        ("skipCredentialsValidation", "maybe"),
    ],
)
def test_a_wrong_value_of_the_config_is_refused_with_its_key(key, value):
    failure = configured().check_config({key: value}).failures[0]
    assert failure.property == key
    assert value in failure.reason


def test_config_comes_as_texts_and_json(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    config = parse_config(
        {
            "profile": "prod",
            "allowedAccountIds": '["222222222222"]',
            "defaultTags": '{"tags":{"owner":"ml"}}',
            "skipCredentialsValidation": "true",
            "version": "7.51.1",
        }
    )
    assert (config.region, config.profile) == ("us-east-1", "prod")
    assert (config.allowed_accounts, config.default_tags) == (("222222222222",), {"owner": "ml"})


def test_a_plugin_that_is_not_asked_to_touch_anything_never_imports_boto3():
    check = (
        "import sys; from sandbox.pulumi_aws.provider import Aws; from modeldelivery.plugin.protocol import Resource;"
        "aws = Aws(None); aws.configure({'region': 'eu-west-1', 'allowedAccountIds': '[\"1\"]'});"
        "bucket = Resource('urn', 'aws:s3/bucket:Bucket', 'b');"
        "inputs = aws.check(bucket, {}, {}, b's').inputs;"
        "aws.diff(bucket, 'b', old_inputs=inputs, old_outputs=inputs, news=inputs, ignore_changes=());"
        "heavy = {'boto3', 'botocore', 'pulumi'} & set(sys.modules); sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", check], check=True, timeout=120)
