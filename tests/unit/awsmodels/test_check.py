"""What AWS refuses, in AWS's words: each case with words of an answer of AWS's carries the issue that quotes it."""

import pytest
from botocore.model import ShapeResolver

from modeldelivery.awsmodels.check import violations

SHAPES = {
    "Input": {
        "type": "structure",
        "required": ["Name"],
        "members": {
            "Name": {"shape": "Name"},
            "Count": {"shape": "Count"},
            "Weight": {"shape": "Weight"},
            "Kind": {"shape": "Kind"},
            "On": {"shape": "On"},
            "At": {"shape": "At"},
            "Data": {"shape": "Data"},
            "Secret": {"shape": "Secret"},
            "Tags": {"shape": "Tags"},
            "Labels": {"shape": "Labels"},
            "Names": {"shape": "Names"},
            "Either": {"shape": "Either"},
            "KMSKeyId": {"shape": "Name"},
        },
    },
    "Name": {"type": "string", "max": 5, "min": 1, "pattern": "^[a-z]*"},
    "Count": {"type": "integer", "min": 1},
    "Weight": {"type": "float", "min": 0, "max": 100},
    "Kind": {"type": "string", "enum": ["Big", "Small"]},
    "On": {"type": "boolean"},
    "At": {"type": "timestamp"},
    "Data": {"type": "blob", "max": 3},
    "Secret": {"type": "string", "max": 3, "sensitive": True},
    "Tag": {"type": "structure", "required": ["Key"], "members": {"Key": {"shape": "Name"}}},
    "Tags": {"type": "list", "member": {"shape": "Tag"}, "max": 2},
    "Labels": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Name"}},
    "Names": {"type": "list", "member": {"shape": "Name"}},
    "Either": {"type": "structure", "union": True, "members": {"A": {"shape": "On"}, "B": {"shape": "On"}}},
}
INPUT = ShapeResolver(SHAPES).get_shape_by_name("Input")
EVERYTHING = {
    "Name": "abc",
    "Count": 1,
    "Weight": 0.5,
    "Kind": "Big",
    "On": False,
    "At": 1700000000.5,
    "Data": b"abc",
    "Secret": "abc",
    "Tags": [{"Key": "a"}],
    "Labels": {"a": "b"},
    "Names": ["a"],
    "Either": {"A": True},
    "KMSKeyId": "a",
}


def texts(**members):
    return [one.text for one in violations(INPUT, {"Name": "abc", **members})]


def failed(value, path, constraint):
    return f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"


def test_what_the_model_allows_is_not_wrong():
    assert list(violations(INPUT, EVERYTHING)) == []


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"Count": 0}, failed("'0'", "count", "Member must have value greater than or equal to 1")),
        ({"Weight": 100.5}, failed("'100.5'", "weight", "Member must have value less than or equal to 100")),
        ({"Kind": "Wide"}, failed("'Wide'", "kind", "Member must satisfy enum value set: [Big, Small]")),
        ({"KMSKeyId": "A"}, failed("'A'", "kMSKeyId", "Member must satisfy regular expression pattern: ^[a-z]*")),
        ({"Data": b"abcd"}, failed("'4 bytes'", "data", "Member must have length less than or equal to 3")),
        # A sensitive value is not repeated (aws/aws-sdk-js#4203).
        ({"Secret": "abcd"}, "Value at 'secret' failed to satisfy constraint: Member must have length less than or equal to 3"),
        ({"Tags": [{"Key": "a"}] * 3}, failed("'[Tag(key=a), Tag(key=a), Tag(key=a)]'", "tags", "Member must have length less than or equal to 2")),
        # aws/amazon-sagemaker-examples#2236: 'productionVariants.1.member.modelName'
        ({"Tags": [{"Key": "a"}, {"Key": "B"}]}, failed("'B'", "tags.2.member.key", "Member must satisfy regular expression pattern: ^[a-z]*")),
        ({"Tags": [{}]}, failed("null", "tags.1.member.key", "Member must not be null")),
        # jacob-meacham/serverless-plugin-git-variables#54: all constraints of the values are listed
        ({"Labels": {"a": "b", "c": "toolong"}}, failed("'{a=b, c=toolong}'", "labels", "Map value must satisfy constraint: [Member must have length less than or equal to 5, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ^[a-z]*]")),
        ({"Names": ["a", ""]}, failed("'[a, ]'", "names", "Member must satisfy constraint: [Member must have length less than or equal to 5, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ^[a-z]*]")),
        ({"Either": {}}, failed("'Either()'", "either", "Exactly one member must be set of: A, B")),
        ({"Either": {"A": True, "B": True}}, failed("'Either(a=true, b=true)'", "either", "Exactly one member must be set of: A, B")),
        # AWS ignores such a member, and the caller never learns.
        ({"Tags": [{"Key": "a", "Colour": "b"}]}, "Unknown parameter in 'tags.1.member': \"Colour\", must be one of: Key"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_value_and_path(members, text):
    assert texts(**members) == [text]


def test_a_required_member_is_not_null():
    assert [one.text for one in violations(INPUT, {})] == [failed("null", "name", "Member must not be null")]


def test_everything_wrong_with_a_value_is_said_length_first():
    """aws-samples/sagemaker-ml-workflow-with-apache-airflow#3."""
    assert [one.text for one in violations(INPUT, {"Name": "Too long"})] == [
        failed("'Too long'", "name", "Member must have length less than or equal to 5"),
        failed("'Too long'", "name", "Member must satisfy regular expression pattern: ^[a-z]*"),
    ]


def test_a_bad_key_of_a_map_is_said_of_all_keys():
    """trek10inc/serverless-secrets#39."""
    (text,) = texts(Labels={"A": "b"})
    assert (
        "at 'labels' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have"
        in text
    )


@pytest.mark.parametrize(
    ("members", "text"),
    [
        # aws/aws-cdk#27087
        ({"Count": "1"}, "STRING_VALUE can not be converted to an Integer at 'count'"),
        ({"Count": True}, "TRUE_VALUE can not be converted to an Integer at 'count'"),
        ({"Count": 1.5}, "NUMBER_VALUE can not be converted to an Integer at 'count'"),
        ({"Count": 2**31}, "NUMBER_VALUE can not be converted to an Integer at 'count'"),
        ({"Weight": float("inf")}, "NUMBER_VALUE can not be converted to a Float at 'weight'"),
        ({"Kind": 1}, "NUMBER_VALUE can not be converted to a String at 'kind'"),
        ({"On": "true"}, "STRING_VALUE can not be converted to a Boolean at 'on'"),
        ({"At": "soon"}, "STRING_VALUE can not be converted to a Timestamp at 'at'"),
        ({"Data": "abc"}, "STRING_VALUE can not be converted to a Blob at 'data'"),
        ({"Tags": {"Key": "a"}}, "Start of structure or map can not be converted to a list at 'tags'"),
        ({"Tags": ["a"]}, "STRING_VALUE can not be converted to a structure at 'tags.1.member'"),
        ({"Names": [1]}, "NUMBER_VALUE can not be converted to a String at 'names.1.member'"),
        ({"Labels": ["a"]}, "Start of list can not be converted to a map at 'labels'"),
        ({"Labels": {"a": 1}}, "NUMBER_VALUE can not be converted to a String at 'labels.a.member'"),
    ],
)
def test_a_value_of_another_type_is_named(members, text):
    (one,) = violations(INPUT, {"Name": "abc", **members})
    assert (one.kind, one.text) == ("type", text)


@pytest.mark.parametrize("at", [1700000000, "2026-01-02T03:04:05Z", "Fri, 02 Jan 2026 03:04:05 GMT"])
def test_a_time_may_be_written_in_aws_ways(at):
    assert texts(At=at) == []
