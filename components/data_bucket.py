"""Where training's data lives: DVC's remote, and each revision of a data set under a prefix that never changes."""

from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from components.bucket import PrivateBucket, only_under_key, refuse_put
from components.key import data_key_policy, encryption_key

_KEPT_DAYS = (
    365  # that a deleted object can be got back: models outlive what an environment keeps of its registry
)


class DataBucketArgs(TypedDict):
    """What tells one data bucket from another.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        bucket: the bucket's name.
        protect: refuse to delete bucket and key; without it, destroying the stack empties the bucket.
    """

    account: str
    region: str
    bucket: str
    protect: bool


class DataBucket(pulumi.ComponentResource):
    """The data of one model, in the one account that trains it, under a key of its own.

    Attributes:
        bucket: name of the bucket.
        key_arn: ARN of its KMS key.
    """

    bucket: pulumi.Output[str]
    key_arn: pulumi.Output[str]

    def __init__(self, name: str, args: DataBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-delivery:index:DataBucket", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        kept = pulumi.ResourceOptions(parent=self, protect=args["protect"])
        # Not the registry's key: that goes with an environment which nothing protects, and the data with it.
        key = encryption_key(
            name,
            holds=f"Training data, {name}",
            policy=data_key_policy(args["account"], args["region"]),
            opts=kept,
        )
        aws.kms.Alias(name, name=f"alias/{name}", target_key_id=key.key_id, opts=inside)
        data = PrivateBucket(
            name,
            {
                "bucket": args["bucket"],
                "key_arn": key.arn,
                "statements": [
                    *only_under_key(args["bucket"], key.arn),
                    _only_conditional(args["bucket"]),
                    _never_deleted(args["bucket"]),
                ],
                "disposable": not args["protect"],
            },
            opts=kept,
        )
        versioning = aws.s3.BucketVersioning(
            name, bucket=data.bucket, versioning_configuration={"status": "Enabled"}, opts=inside
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=data.bucket,
            # Nothing current expires by age: a model that serves names its data.
            rules=[
                {
                    "id": "deleted-or-abandoned",
                    "status": "Enabled",
                    "filter": {},
                    "noncurrent_version_expiration": {"noncurrent_days": _KEPT_DAYS},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
                }
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        self.bucket = data.bucket
        self.key_arn = key.arn
        self.register_outputs({"bucket": self.bucket, "keyArn": self.key_arn})


def _only_conditional(bucket: str) -> dict[str, Any]:
    """A revision's files are written once: only with `If-None-Match`, which S3 refuses where there is an object."""
    return refuse_put("OnlyConditionalWrites", _datasets(bucket), {"Null": {"s3:if-none-match": "true"}})


def _never_deleted(bucket: str) -> dict[str, Any]:
    """Refuse to delete a revision's files: a path that was read once must be what it was.

    What must go, goes by a change of this policy, which a review shows.
    """
    return {
        "Sid": "DatasetsAreNeverDeleted",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
        "Resource": _datasets(bucket),
    }


def _datasets(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}/datasets/*"
