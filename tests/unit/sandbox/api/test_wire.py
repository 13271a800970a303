"""Whatever botocore writes is read back as it was given, and what it could not have written keeps a name."""

import datetime as dt
import random

import pytest

from modeldelivery.awsmodels.check import violations
from modeldelivery.awsmodels.models import input_of, operation, service_model
from sandbox.api.document import UnreadableError
from sandbox.api.request import Request
from sandbox.api.wire import read
from tests.unit.sandbox.api.encode import encode

PROTOCOLS = [
    ("application-autoscaling", "json"),
    ("cloudwatch", "json"),
    ("cloudwatch", "query"),
    ("cloudwatch", "smithy-rpc-v2-cbor"),
    ("ecr", "json"),
    ("events", "json"),
    ("iam", "query"),
    ("kms", "json"),
    ("lambda", "rest-json"),
    ("logs", "json"),
    ("s3", "rest-xml"),
    ("sagemaker", "json"),
    ("scheduler", "rest-json"),
    ("sns", "query"),
    ("sts", "query"),
]
TIME = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
# Two members of the first are written as the same element (S3 itself has replaced it); one of the second is a host name.
LEFT_OUT = {"PutBucketNotification", "WriteGetObjectResponse"}


def sample(shape, chance, depth=0):
    """Some value of a shape, deep and wide enough to meet every way of writing one."""
    if shape.type_name == "structure":
        names = [n for n, m in shape.members.items() if "jsonvalue" not in m.serialization]
        required = [n for n in names if n in shape.required_members]
        chosen = (
            [chance.choice(names)]
            if shape.is_tagged_union
            else [n for n in names if chance.random() < 0.7 - 0.15 * depth]
        )
        return {
            n: sample(shape.members[n], chance, depth + 1)
            for n in dict.fromkeys([*required, *(chosen or names[:1])])
        }
    if shape.type_name == "list":
        return [sample(shape.member, chance, depth + 1) for _ in range(2)]
    if shape.type_name == "map":
        return {f"k{number}": sample(shape.value, chance, depth + 1) for number in range(2)}
    if shape.type_name == "string":
        return (
            chance.choice(shape.enum) if shape.enum else chance.choice(["abc", "a b&c=d", "ü<x>", "x+y%20"])
        )
    simple = {"boolean": True, "blob": b"\x00bytes", "timestamp": TIME, "float": 0.5, "double": 0.5}
    return simple.get(shape.type_name, 7)


def plain(shape, value):
    """Times are written in many ways, and a form cannot hold an empty structure."""
    if shape.type_name == "structure":
        held = {name: plain(shape.members[name], one) for name, one in value.items()}
        return {name: one for name, one in held.items() if one != {}}
    if shape.type_name == "list":
        return [plain(shape.member, one) for one in value]
    if shape.type_name == "map":
        return {key: plain(shape.value, one) for key, one in value.items()}
    return "a time" if shape.type_name == "timestamp" else value


@pytest.mark.parametrize(("service", "protocol"), PROTOCOLS)
def test_what_botocore_writes_is_read_as_it_was_given(service, protocol):
    chance = random.Random(7)  # noqa: S311 - the same samples each time
    model = service_model(service)
    for name in sorted(set(model.operation_names) - LEFT_OUT):
        call = operation(service, name)
        shape = input_of(call)
        given = sample(shape, chance) if shape.members else {}
        members = read(call, protocol.replace("smithy-rpc-v2-cbor", "cbor"), encode(call, protocol, given))
        assert plain(shape, members) == plain(shape, given), name
        assert {one.kind for one in violations(shape, members)} <= {"constraint"}, name


def s3(action, method, path, query="", body=b"", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read(operation("s3", action), "rest-xml", Request(method, path, query, named, body))


@pytest.mark.parametrize(
    ("members", "foreign"),
    [
        (lambda: s3("ListObjectsV2", "GET", "/b", "list-type=2&delimeter=x"), "?delimeter"),
        (lambda: s3("PutObject", "PUT", "/b/k", x_amz_strage_class="GLACIER"), "x-amz-strage-class:"),
        (lambda: s3("DeleteBucket", "DELETE", "/b", body=b"x"), "<body>"),
        (
            lambda: s3("PutBucketVersioning", "PUT", "/b", "versioning", b"<VersioningConfiguration><MFA>x</MFA></VersioningConfiguration>")["VersioningConfiguration"],
            "<MFA>",
        ),
        (
            lambda: s3("PutBucketVersioning", "PUT", "/b", "versioning", b"<Versioning><Status>Enabled</Status></Versioning>")["VersioningConfiguration"],
            "<Versioning>",
        ),
        (lambda: read(operation("iam", "GetRole"), "query", Request("POST", "/", "", {}, b"Action=GetRole&Rolename=x")), "Rolename"),
        (lambda: read(operation("kms", "DescribeKey"), "json", Request("POST", "/", "", {}, b'{"keyId": "x"}')), "keyId"),
    ],
)  # fmt: skip
def test_what_a_call_does_not_have_is_not_lost(members, foreign):
    assert foreign in members()


@pytest.mark.parametrize(
    "headers",
    [
        {"x_amz_date": "20260101T000000Z", "x_amz_content_sha256": "x", "x_amz_security_token": "x"},
        {"x_amz_checksum_crc32": "AAAAAA==", "x_amz_sdk_checksum_algorithm": "CRC32"},
        {"authorization": "x", "host": "x", "amz_sdk_request": "attempt=1", "user_agent": "x"},
    ],
)
def test_what_belongs_to_signature_and_transport_is_no_member(headers):
    assert s3("DeleteBucketPolicy", "DELETE", "/b", "policy&x-id=DeleteBucketPolicy", **headers) == {
        "Bucket": "b"
    }


def test_a_presigned_request_has_its_members_alone():
    query = "X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Date=c&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature=d"
    assert s3("GetObject", "GET", "/b/deep/key", query) == {"Bucket": "b", "Key": "deep/key"}


@pytest.mark.parametrize(
    ("action", "protocol", "body"),
    [
        (("kms", "DescribeKey"), "json", b"{"),
        (("kms", "DescribeKey"), "json", b"[]"),
        (("kms", "DescribeKey"), "json", b'{"KeyId": NaN}'),
        (("kms", "DescribeKey"), "json", b"[" * 100_000),
        (("cloudwatch", "DescribeAlarms"), "cbor", b"\xff"),
        (("cloudwatch", "DescribeAlarms"), "cbor", b"\x01"),
        (("s3", "PutBucketTagging"), "rest-xml", b"<Tagging>"),
    ],
)
def test_a_body_that_is_none_is_said(action, protocol, body):
    with pytest.raises(UnreadableError, match="the body is not"):
        read(operation(*action), protocol, Request("PUT", "/b", "tagging", {}, body))
