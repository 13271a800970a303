"""A bucket that only its account reads, only over TLS, and only encrypted."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws


class PrivateBucketArgs(TypedDict):
    """What tells one private bucket from another.

    Attributes:
        bucket: the bucket's name; it is stable, because others must find it with everything else down.
        key_arn: KMS key of new objects; None encrypts with S3's own key.
        statements: IAM statements of the bucket's policy beside the one that demands TLS.
        disposable: destroying the bucket deletes what is in it.
    """

    bucket: str
    key_arn: pulumi.Input[str] | None
    statements: Sequence[Mapping[str, Any]]
    disposable: bool


class PrivateBucket(pulumi.ComponentResource):
    """A bucket with its encryption, ownership, public access block and policy."""

    bucket: pulumi.Output[str]

    def __init__(
        self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("model-delivery:index:PrivateBucket", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(name, bucket=args["bucket"], force_destroy=args["disposable"], opts=inside)
        aws.s3.BucketOwnershipControls(
            name, bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=inside
        )
        private = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=inside,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name, bucket=bucket.bucket, rules=[_encryption(args["key_arn"])], opts=inside
        )
        aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=pulumi.Output.json_dumps(
                {"Version": "2012-10-17", "Statement": [_only_over_tls(args["bucket"]), *args["statements"]]}
            ),
            # S3 refuses two changes of a bucket's access at once (OperationAborted)
            opts=pulumi.ResourceOptions(parent=self, depends_on=[private]),
        )
        self.bucket = bucket.bucket
        self.register_outputs({"bucket": self.bucket})


def _encryption(
    key_arn: pulumi.Input[str] | None,
) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
    if key_arn is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
        "bucket_key_enabled": True,
    }


def _only_over_tls(bucket: str) -> dict[str, object]:
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",  # a denial of everything
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def only_under_key(bucket: str, key_arn: pulumi.Input[str]) -> list[dict[str, Any]]:
    """Statements that refuse what names another encryption or key; what names none gets the bucket's default, which is this key."""
    header = "s3:x-amz-server-side-encryption"
    return [
        refuse_put(
            sid, f"arn:aws:s3:::{bucket}/*", {"Null": {key: "false"}, "StringNotEquals": {key: allowed}}
        )
        for sid, key, allowed in (
            ("OnlyUnderKms", header, "aws:kms"),
            ("OnlyUnderTheKey", f"{header}-aws-kms-key-id", key_arn),
        )
    ]


def refuse_put(sid: str, resource: str | list[str], condition: dict[str, Any]) -> dict[str, Any]:
    """A statement that refuses to write some objects on a condition."""
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:PutObject",
        "Resource": resource,
        "Condition": condition,
    }
