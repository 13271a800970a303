import re

import pytest

from modeldelivery.plugin.protocol import ProviderError
from modeldelivery.plugin.values import UNKNOWN
from tests.unit.sandbox_aws.stack import Stack, configured

BUCKET = "aws:s3/bucket:Bucket"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
ROLE = "aws:iam/role:Role"


def test_an_unknown_type_names_itself_and_what_is_known(stack):
    with pytest.raises(ProviderError) as refused:
        stack.checked("aws:ec2/instance:Instance", {})
    assert "no aws:ec2/instance:Instance" in str(refused.value)
    assert BUCKET in str(refused.value)


def test_an_unknown_input_names_type_property_and_what_is_known(stack):
    reason = stack.failures(BUCKET, {"acl": "private"})["acl"]
    assert reason.startswith(f"{BUCKET} has no input acl")
    assert "bucket, forceDestroy" in reason


def test_an_unknown_input_inside_an_object_names_its_path(stack):
    wrong = {"bucket": "b", "versioningConfiguration": {"status": "Enabled", "state": 1}}
    assert "versioningConfiguration.state" in stack.failures(VERSIONING, wrong)


def test_a_computed_property_is_no_input(stack):
    assert "arn" in stack.failures(BUCKET, {"arn": "arn:aws:s3:::mine"})


def test_a_missing_input_is_named(stack):
    assert set(stack.failures(VERSIONING, {"bucket": "b"})) == {"versioningConfiguration"}
    assert set(stack.failures(VERSIONING, {"bucket": "b", "versioningConfiguration": {}})) == {
        "versioningConfiguration.status"
    }


@pytest.mark.parametrize(
    ("type_", "inputs", "path"),
    [
        (BUCKET, {"bucket": 5}, "bucket"),
        (BUCKET, {"forceDestroy": "yes"}, "forceDestroy"),
        (BUCKET, {"tags": {"owner": 5}}, "tags.owner"),
        (
            VERSIONING,
            {"bucket": "b", "versioningConfiguration": {"status": "On"}},
            "versioningConfiguration.status",
        ),
        ("aws:kms/key:Key", {"deletionWindowInDays": True}, "deletionWindowInDays"),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", {"alarmActions": ["a", 1]}, "alarmActions[1]"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_its_path(stack, type_, inputs, path):
    assert path in stack.failures(type_, inputs)


def test_what_is_not_known_yet_passes(stack):
    assert stack.checked(VERSIONING, {"bucket": UNKNOWN, "versioningConfiguration": UNKNOWN})


def test_a_name_left_out_is_the_resources_with_seven_hex_digits(stack):
    assert re.fullmatch(
        r"Serving-[0-9a-f]{7}", stack.checked(ROLE, {"assumeRolePolicy": "{}"}, name="Serving")["name"]
    )


def test_a_buckets_name_is_written_small(stack):
    assert re.fullmatch(r"shelf-[0-9a-f]{7}", stack.checked(BUCKET, {}, name="Shelf")["bucket"])


def test_an_alias_is_named_as_kms_demands(stack):
    named = stack.checked("aws:kms/alias:Alias", {"targetKeyId": "k"}, name="flights")["name"]
    assert re.fullmatch(r"alias/flights-[0-9a-f]{7}", named)


def test_the_same_seed_gives_the_same_name(stack):
    assert stack.checked(BUCKET, {}) == stack.checked(BUCKET, {})


def test_a_name_once_made_is_kept(stack):
    olds = stack.checked(BUCKET, {}) | {"bucket": "thing-0000000"}
    assert stack.checked(BUCKET, {}, olds)["bucket"] == "thing-0000000"


def test_a_name_the_program_no_longer_says_is_not_kept(stack):
    olds = stack.checked(BUCKET, {"bucket": "mine"})
    assert stack.checked(BUCKET, {}, olds)["bucket"] != "mine"


def test_a_name_too_long_says_how_long_it_may_be(stack):
    reason = stack.failures(ROLE, {"assumeRolePolicy": "{}"}, name="r" * 57)["name"]
    assert "57 characters, and 56 are allowed" in reason
    assert stack.failures(ROLE, {"assumeRolePolicy": "{}"}, name="r" * 56) == {}


def test_default_tags_are_merged_and_the_resources_own_win():
    stack = Stack(configured(defaultTags='{"tags": {"owner": "ml", "managed-by": "pulumi"}}'))
    assert stack.checked(BUCKET, {"tags": {"owner": "data"}})["tags"] == {
        "owner": "data",
        "managed-by": "pulumi",
    }
