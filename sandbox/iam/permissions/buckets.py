"""S3: its permissions have names of their own, and an object's key needs permissions as well.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote
from xml.sax.saxutils import unescape

from sandbox.iam.core.access import Context, Need, Value
from sandbox.iam.operation import Operation
from sandbox.iam.permissions.keys import through
from sandbox.iam.permissions.rule import Estate, Rule, Rules

# A bucket's settings: the call, and the permission where it is called otherwise.
_SETTINGS = {
    **{f"{verb}Bucket{what}": "" for verb in ("Get", "Put", "Delete") for what in ("Policy",)},
    **{f"{verb}Bucket{what}": "" for verb in ("Get", "Put") for what in ("Acl", "Tagging", "Versioning")},
    **{f"{verb}Bucket{what}": "" for verb in ("Get", "Put") for what in ("Logging", "OwnershipControls")},
    **{f"{verb}Bucket{what}": "" for verb in ("Get", "Put") for what in ("RequestPayment", "Website")},
    **{f"{verb}PublicAccessBlock": f"{verb}BucketPublicAccessBlock" for verb in ("Get", "Put")},
    **{f"{verb}BucketEncryption": f"{verb}EncryptionConfiguration" for verb in ("Get", "Put")},
    **{f"{verb}BucketLifecycleConfiguration": f"{verb}LifecycleConfiguration" for verb in ("Get", "Put")},
    **{f"{verb}BucketReplication": f"{verb}ReplicationConfiguration" for verb in ("Get", "Put")},
    **{f"{verb}BucketCors": f"{verb}BucketCORS" for verb in ("Get", "Put")},
    **{f"{verb}BucketAccelerateConfiguration": f"{verb}AccelerateConfiguration" for verb in ("Get", "Put")},
    **{f"{verb}ObjectLockConfiguration": f"{verb}BucketObjectLockConfiguration" for verb in ("Get", "Put")},
    # The older name of the same request.
    **{f"{verb}BucketLifecycle": f"{verb}LifecycleConfiguration" for verb in ("Get", "Put")},
    "GetBucketPolicyStatus": "",
    "GetBucketLocation": "",
    # To delete a setting is to put it.
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketWebsite": "",
    "DeleteBucket": "",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
}
_WRITES = (
    *("PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart"),
    *("UploadPartCopy", "CompleteMultipartUpload"),
)
# What only a header of a request asks for.
_HEADERS = {
    "x-amz-tagging": "PutObjectTagging",
    "x-amz-acl": "PutObjectAcl",
    "x-amz-object-lock-mode": "PutObjectRetention",
    "x-amz-object-lock-legal-hold": "PutObjectLegalHold",
}
# Condition keys, by the permissions that have them; elsewhere they are absent, whatever the request says.
_OF_WRITES = ("if-match", "if-none-match", "x-amz-server-side-encryption")
_KEY_ID = "x-amz-server-side-encryption-aws-kms-key-id"
_HEADER_KEYS = {"PutObject": (*_OF_WRITES, _KEY_ID), "DeleteObject": ("if-match",)}
_OF_LISTS = ("prefix", "delimiter", "max-keys")
_QUERY_KEYS = {"ListBucket": _OF_LISTS, "ListBucketVersions": _OF_LISTS}
_LISTED = re.compile(rb"<Object>.*?</Object>", re.DOTALL)
_MEMBER = re.compile(r"<(Key|VersionId)>(.*?)</\1>", re.DOTALL)


def _need(operation: Operation, permission: str, resource: str, version: str = "") -> Need:
    """A permission with the condition keys that it has."""
    keys: dict[str, Value] = dict.fromkeys(f"s3:{name}" for name in (*_OF_WRITES, _KEY_ID, *_OF_LISTS))
    for name in _HEADER_KEYS.get(permission, ()):
        keys[f"s3:{name}"] = operation.headers.get(name)
    for name in _QUERY_KEYS.get(permission, ()):
        keys[f"s3:{name}"] = operation.text(name) or None
    return Need(
        f"s3:{permission}", f"arn:aws:s3:::{resource}", Context({**keys, "s3:versionid": version or None})
    )


def _bucket(call: str, permission: str) -> Rule:
    def rule(operation: Operation, _: Estate) -> Iterator[Need]:
        yield _need(operation, permission or call, operation.text("Bucket"))

    return rule


def _create_bucket(operation: Operation, _: Estate) -> Iterator[Need]:
    bucket = operation.text("Bucket")
    yield _need(operation, "CreateBucket", bucket)
    if operation.headers.get("x-amz-bucket-object-lock-enabled", "").lower() == "true":
        yield _need(operation, "PutBucketObjectLockConfiguration", bucket)
        yield _need(operation, "PutBucketVersioning", bucket)


def _list_buckets(_: Operation, __: Estate) -> Iterator[Need]:
    yield Need("s3:ListAllMyBuckets", "*")


def _get_object(operation: Operation, estate: Estate) -> Iterator[Need]:
    bucket, key, version = (operation.text(name) for name in ("Bucket", "Key", "versionId"))
    decrypts = operation.action == "GetObject" or operation.headers.get("x-amz-checksum-mode") == "ENABLED"
    yield from _read(operation, estate, bucket, key, version, decrypts=decrypts)


def _read(  # an object has a bucket, a key and a version
    operation: Operation, estate: Estate, bucket: str, key: str, version: str, *, decrypts: bool = True
) -> Iterator[Need]:
    permission = "GetObjectVersion" if version else "GetObject"
    yield _need(operation, permission, f"{bucket}/{key}", version)
    encrypted = estate.object_key(bucket, key, version)
    if encrypted is None:
        # Who may not list a bucket is not told that it lacks an object: 403 instead of 404.
        yield _need(operation, "ListBucket", bucket)
    elif encrypted and decrypts:
        yield through("s3", operation.region, "Decrypt", encrypted)


def _put_object(operation: Operation, estate: Estate) -> Iterator[Need]:
    bucket = operation.text("Bucket")
    where = f"{bucket}/{operation.text('Key')}"
    if source := operation.headers.get("x-amz-copy-source"):
        copied, _, version = unquote(source).lstrip("/").partition("?versionId=")
        from_bucket, _, from_key = copied.partition("/")
        yield from _read(operation, estate, from_bucket, from_key, version)
    yield _need(operation, "PutObject", where)
    for header, permission in _HEADERS.items():
        if header in operation.headers:
            yield _need(operation, permission, where)
    if "if-match" in operation.headers:  # to compare is to read
        yield _need(operation, "GetObject", where)
    if encryption := _encryption(operation, estate, bucket):
        yield through("s3", operation.region, "GenerateDataKey", encryption)
        if operation.action != "PutObject":  # parts are put together again
            yield through("s3", operation.region, "Decrypt", encryption)


def _encryption(operation: Operation, estate: Estate, bucket: str) -> str:
    named = operation.headers.get(_KEY_ID)
    if named:
        return estate.key_arn(operation.account, operation.region, named)
    if operation.headers.get("x-amz-server-side-encryption") == "AES256":
        return ""
    return estate.bucket_key(bucket)


def _delete_object(operation: Operation, _: Estate) -> Iterator[Need]:
    yield _deletion(operation, operation.text("Key"), operation.text("versionId"))


def _delete_objects(operation: Operation, _: Estate) -> Iterator[Need]:
    for listed in _LISTED.findall(operation.body):
        members = {name: unescape(value) for name, value in _MEMBER.findall(listed.decode())}
        yield _deletion(operation, members.get("Key", ""), members.get("VersionId", ""))


def _deletion(operation: Operation, key: str, version: str) -> Need:
    permission = "DeleteObjectVersion" if version else "DeleteObject"
    return _need(operation, permission, f"{operation.text('Bucket')}/{key}", version)


def unnamed(operation: Operation, _: Estate) -> Iterator[Need]:
    """A call of which no permission is known, by its own name."""
    named = "/".join(filter(None, (operation.text("Bucket"), operation.text("Key"))))
    yield _need(operation, operation.action, named)


def _object(permission: str) -> Rule:
    def rule(operation: Operation, _: Estate) -> Iterator[Need]:
        yield _need(operation, permission, f"{operation.text('Bucket')}/{operation.text('Key')}")

    return rule


RULES: Rules = {
    **{call: _bucket(call, permission) for call, permission in _SETTINGS.items()},
    **dict.fromkeys(_WRITES, _put_object),
    "CreateBucket": _create_bucket,
    "ListBuckets": _list_buckets,
    "GetObject": _get_object,
    "HeadObject": _get_object,
    "DeleteObject": _delete_object,
    "DeleteObjects": _delete_objects,
    "AbortMultipartUpload": _object("AbortMultipartUpload"),
    "ListParts": _object("ListMultipartUploadParts"),
    "GetObjectTagging": _object("GetObjectTagging"),
    "PutObjectTagging": _object("PutObjectTagging"),
}
