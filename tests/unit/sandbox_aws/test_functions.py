import json

import pytest

from modeldelivery.plugin.protocol import ProviderError

DOCUMENT = "aws:iam/getPolicyDocument:getPolicyDocument"


def document(stack, **args):
    return json.loads(stack.aws.invoke(DOCUMENT, args, preview=False)["json"])


def test_an_unknown_function_names_itself_and_what_is_known(stack):
    with pytest.raises(ProviderError, match=r"no function aws:ec2/getVpc:getVpc; it has .*getCallerIdentity"):
        stack.aws.invoke("aws:ec2/getVpc:getVpc", {}, preview=False)


def test_an_unknown_argument_is_refused(stack):
    with pytest.raises(ProviderError, match=r"has no input statement here; known are .*statements"):
        stack.aws.invoke(DOCUMENT, {"statement": []}, preview=False)


def test_the_caller_is_who_the_credentials_say(cloud):
    who = cloud.aws.invoke("aws:index/getCallerIdentity:getCallerIdentity", {}, preview=False)
    assert who["accountId"] == who["id"] == "123456789012"
    assert who["arn"].startswith("arn:aws:")


def test_the_region_is_described(cloud):
    region = cloud.aws.invoke("aws:index/getRegion:getRegion", {}, preview=False)
    assert (region["region"], region["description"]) == ("eu-west-1", "Europe (Ireland)")
    assert region["endpoint"] == "ec2.eu-west-1.amazonaws.com"


def test_the_partition_follows_the_region(stack):
    partition = stack.aws.invoke("aws:index/getPartition:getPartition", {}, preview=False)
    assert (partition["partition"], partition["dnsSuffix"]) == ("aws", "amazonaws.com")


def test_a_statement_is_written_as_iam_does(stack):
    made = document(
        stack,
        statements=[
            {
                "sid": "Read",
                "actions": ["s3:GetObject"],
                "resources": ["a", "b"],
                "principals": [{"type": "Service", "identifiers": ["sagemaker.amazonaws.com"]}],
                "conditions": [{"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["1"]}],
            },
            {"effect": "Deny", "notActions": ["x"], "principals": [{"type": "*", "identifiers": ["*"]}]},
        ],
    )
    assert made == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": ["b", "a"],
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Condition": {"StringEquals": {"aws:SourceAccount": "1"}},
            },
            {"Effect": "Deny", "NotAction": "x", "Principal": "*"},
        ],
    }


def test_an_override_replaces_the_statement_of_its_sid(stack):
    source = json.dumps(
        {"Statement": [{"Sid": "A", "Effect": "Allow", "Action": "x"}, {"Effect": "Deny", "Action": "y"}]}
    )
    override = json.dumps({"Statement": {"Sid": "A", "Effect": "Deny", "Action": "z"}})
    made = document(
        stack,
        sourcePolicyDocuments=[source],
        statements=[{"sid": "B", "actions": ["b"]}],
        overridePolicyDocuments=[override],
    )
    assert [(one.get("Sid"), one["Effect"], one["Action"]) for one in made["Statement"]] == [
        ("A", "Deny", "z"),
        (None, "Deny", "y"),
        ("B", "Allow", "b"),
    ]


def test_two_sources_with_one_sid_are_refused(stack):
    source = json.dumps({"Statement": [{"Sid": "A", "Effect": "Allow", "Action": "x"}]})
    with pytest.raises(ProviderError, match="'A' twice"):
        document(stack, sourcePolicyDocuments=[source, source])


def test_a_source_that_is_no_json_is_refused(stack):
    with pytest.raises(ProviderError, match="no JSON object"):
        document(stack, sourcePolicyDocuments=["{"])
