"""S3: its permissions have names of their own, and an object's key needs permissions as well.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from collections.abc import Iterator
from urllib.parse import unquote

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
# What a write asks for beside itself, by the member that does.
_BESIDE = {
    "Tagging": "PutObjectTagging",
    "ACL": "PutObjectAcl",
    "ObjectLockMode": "PutObjectRetention",
    "ObjectLockLegalHoldStatus": "PutObjectLegalHold",
}
# Condition keys and the members that they tell of, by the permissions that have them; elsewhere they are absent.
_OF_WRITES = {
    "s3:if-match": "IfMatch",
    "s3:if-none-match": "IfNoneMatch",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
}
_OF_LISTS = {"s3:prefix": "Prefix", "s3:delimiter": "Delimiter", "s3:max-keys": "MaxKeys"}
_KEYS = {
    "PutObject": _OF_WRITES,
    "DeleteObject": {"s3:if-match": "IfMatch"},
    "ListBucket": _OF_LISTS,
    "ListBucketVersions": _OF_LISTS,
}
_ABSENT: dict[str, Value] = dict.fromkeys((*_OF_WRITES, *_OF_LISTS))


def _need(operation: Operation, permission: str, resource: str, version: str = "") -> Need:
    """A permission with the condition keys that it has."""
    given = {key: operation.members.get(member) for key, member in _KEYS.get(permission, {}).items()}
    keys: dict[str, Value] = {
        **_ABSENT,
        **{key: None if value is None else str(value) for key, value in given.items()},
        "s3:versionid": version or None,
    }
    return Need(f"s3:{permission}", f"arn:aws:s3:::{resource}", Context(keys))


def _bucket(call: str, permission: str) -> Rule:
    def rule(operation: Operation, _: Estate) -> Iterator[Need]:
        yield _need(operation, permission or call, operation.text("Bucket"))

    return rule


def _create_bucket(operation: Operation, _: Estate) -> Iterator[Need]:
    bucket = operation.text("Bucket")
    yield _need(operation, "CreateBucket", bucket)
    if operation.members.get("ObjectLockEnabledForBucket"):
        yield _need(operation, "PutBucketObjectLockConfiguration", bucket)
        yield _need(operation, "PutBucketVersioning", bucket)


def _list_buckets(_: Operation, __: Estate) -> Iterator[Need]:
    yield Need("s3:ListAllMyBuckets", "*")


def _get_object(operation: Operation, estate: Estate) -> Iterator[Need]:
    bucket, key, version = (operation.text(name) for name in ("Bucket", "Key", "VersionId"))
    decrypts = operation.action == "GetObject" or operation.text("ChecksumMode") == "ENABLED"
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
    if source := operation.text("CopySource"):
        copied, _, version = unquote(source).lstrip("/").partition("?versionId=")
        from_bucket, _, from_key = copied.partition("/")
        yield from _read(operation, estate, from_bucket, from_key, version)
    yield _need(operation, "PutObject", where)
    for member, permission in _BESIDE.items():
        if operation.members.get(member):
            yield _need(operation, permission, where)
    if operation.text("IfMatch"):  # to compare is to read
        yield _need(operation, "GetObject", where)
    if encryption := _encryption(operation, estate, bucket):
        yield through("s3", operation.region, "GenerateDataKey", encryption)
        if operation.action != "PutObject":  # parts are put together again
            yield through("s3", operation.region, "Decrypt", encryption)


def _encryption(operation: Operation, estate: Estate, bucket: str) -> str:
    if named := operation.text("SSEKMSKeyId"):
        return estate.key_arn(operation.account, operation.region, named)
    if operation.text("ServerSideEncryption") == "AES256":
        return ""
    return estate.bucket_key(bucket)


def _delete_object(operation: Operation, _: Estate) -> Iterator[Need]:
    yield _deletion(operation, operation.text("Key"), operation.text("VersionId"))


def _delete_objects(operation: Operation, _: Estate) -> Iterator[Need]:
    for listed in operation.members["Delete"]["Objects"]:
        yield _deletion(operation, listed["Key"], listed.get("VersionId", ""))


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
