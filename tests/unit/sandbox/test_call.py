import pytest

from sandbox.api.request import Request
from sandbox.call import identify

KEY = "AKIASANDBOXSTAGING00"


def request(method="GET", path="/", query="", body=b"", *, service="s3", **headers):
    scope = f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, path, query, {"authorization": scope, **named}, body)


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "action"),
    [
        ("GET", "/", "", {}, "ListBuckets"),
        ("PUT", "/b", "", {}, "CreateBucket"),
        ("PUT", "/b/", "", {}, "CreateBucket"),
        ("HEAD", "/b", "", {}, "HeadBucket"),
        ("GET", "/b", "list-type=2&prefix=x", {}, "ListObjectsV2"),
        ("GET", "/b", "prefix=x", {}, "ListObjects"),
        ("PUT", "/b", "versioning", {}, "PutBucketVersioning"),
        ("GET", "/b", "policy", {}, "GetBucketPolicy"),
        # Two calls share these; the older ones are deprecated.
        ("PUT", "/b", "lifecycle", {}, "PutBucketLifecycleConfiguration"),
        ("GET", "/b", "notification", {}, "GetBucketNotificationConfiguration"),
        ("GET", "/b/deep/key", "", {}, "GetObject"),
        ("HEAD", "/b/k", "", {}, "HeadObject"),
        ("PUT", "/b/k", "x-id=PutObject", {}, "PutObject"),
        ("PUT", "/b/k", "", {"x_amz_copy_source": "b/other"}, "CopyObject"),
        ("DELETE", "/b/k", "versionId=3", {}, "DeleteObject"),
        ("POST", "/b", "delete", {}, "DeleteObjects"),
    ],
)
def test_s3_calls_are_named(method, path, query, headers, action):
    assert identify(request(method, path, query, **headers)).action == action


def test_a_json_call_is_named_by_its_target():
    call = identify(request("POST", service="sagemaker", x_amz_target="SageMaker.CreateEndpoint"))
    assert (call.service, call.action, call.key, call.region) == (
        "sagemaker",
        "CreateEndpoint",
        KEY,
        "eu-west-1",
    )


def test_a_query_call_is_named_by_its_form():
    form = {"content_type": "application/x-www-form-urlencoded; charset=utf-8"}
    call = identify(request("POST", body=b"Action=CreateRole&RoleName=x", service="iam", **form))
    assert (call.service, call.action, call.protocol) == ("iam", "CreateRole", "query")


def test_a_presigned_call_is_known_by_its_query():
    query = f"X-Amz-Credential={KEY}%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Expires=60"
    call = identify(Request("GET", "/b/k", query, {}, b""))
    assert (call.key, call.action) == (KEY, "GetObject")


def test_an_unsigned_call_has_no_key():
    assert identify(Request("GET", "/b/k", "", {}, b"")).key == ""
