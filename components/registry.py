"""Where versions live: records, artifacts and the journal in S3, images in ECR, packages in SageMaker, under one key."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from components.bucket import PrivateBucket, only_under_key, refuse_put
from components.image_repository import image_repository
from components.key import encryption_key, key_policy
from components.sagemaker import ModelPackageGroup


class ModelRegistryArgs(TypedDict):
    """What tells one registry from another.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        bucket: name of the bucket for records, artifacts and the journal.
        log_bucket: name of the bucket for the other's access logs.
        repository: name of the ECR repository for the serving images.
        package_group: name of the SageMaker model package group.
        package_group_tags: its own, beside those that everything has.
        noncurrent_days: days that a replaced or deleted object can be got back.
        log_days: days that access logs are kept.
        protect: refuse to delete what cannot be made again; without it, destroying the stack empties the registry.
        expiring: days that what lies in a folder of the bucket is kept, by the folder; all else stays.
        key_statements: of the key's policy beside its own: uses by services that work in no role.
    """

    account: str
    region: str
    bucket: str
    log_bucket: str
    repository: str
    package_group: str
    package_group_tags: Mapping[str, str]
    noncurrent_days: int
    log_days: int
    protect: bool
    expiring: Mapping[str, int]
    key_statements: Sequence[Mapping[str, object]]


class ModelRegistry(pulumi.ComponentResource):
    """The registry of one model in one environment.

    Attributes:
        bucket: name of the registry bucket.
        key_arn: ARN of the KMS key.
        repository_url: where images are pushed.
        repository_arn: ARN of the ECR repository.
    """

    bucket: pulumi.Output[str]
    key_arn: pulumi.Output[str]
    repository_url: pulumi.Output[str]
    repository_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: ModelRegistryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("model-delivery:index:ModelRegistry", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        kept = pulumi.ResourceOptions(parent=self, protect=args["protect"])

        key = encryption_key(
            name,
            holds=f"Models, images and journal of {name}",
            policy=key_policy(args["account"], args["region"], args["key_statements"]),
            opts=kept,
        )
        aws.kms.Alias(name, name=f"alias/{name}", target_key_id=key.key_id, opts=inside)

        logs = PrivateBucket(
            f"{name}-logs",
            {
                "bucket": args["log_bucket"],
                "key_arn": None,  # S3 delivers access logs to no bucket whose default is a KMS key
                "statements": [_log_delivery(args)],
                "disposable": not args["protect"],
            },
            opts=inside,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-logs",
            bucket=logs.bucket,
            rules=[
                {
                    "id": "old-logs",
                    "status": "Enabled",
                    "filter": {},
                    "expiration": {"days": args["log_days"]},
                }
            ],
            opts=inside,
        )

        registry = PrivateBucket(
            f"{name}-registry",
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
            f"{name}-registry",
            bucket=registry.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=inside,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-registry",
            bucket=registry.bucket,
            # A current record, artifact or journal never expires by age: only what was replaced or deleted ends, and what lies in
            # a folder that is there to expire.
            rules=[
                {
                    "id": "replaced-or-abandoned",
                    "status": "Enabled",
                    "filter": {},
                    "noncurrent_version_expiration": {"noncurrent_days": args["noncurrent_days"]},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
                },
                *(_expiring(folder, days) for folder, days in args["expiring"].items()),
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        aws.s3.BucketLogging(
            f"{name}-registry",
            bucket=registry.bucket,
            target_bucket=logs.bucket,
            target_prefix="registry/",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs]),  # its policy lets S3 deliver
        )

        repository = image_repository(
            name, repository=args["repository"], key_arn=key.arn, protect=args["protect"], parent=self
        )
        ModelPackageGroup(
            name, model_package_group_name=args["package_group"], tags=args["package_group_tags"], opts=kept
        )

        self.bucket = registry.bucket
        self.key_arn = key.arn
        self.repository_url = repository.repository_url
        self.repository_arn = repository.arn
        self.register_outputs(
            {"bucket": self.bucket, "keyArn": self.key_arn, "repositoryUrl": self.repository_url}
        )


def _expiring(folder: str, days: int) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    """What expires is gone a day later: in a bucket with versions it would stay as long as what is replaced."""
    return {
        "id": folder,
        "status": "Enabled",
        "filter": {"prefix": f"{folder}/"},
        "expiration": {"days": days},
        "noncurrent_version_expiration": {"noncurrent_days": 1},
    }


def _log_delivery(args: ModelRegistryArgs) -> dict[str, Any]:
    return {
        "Sid": "AccessLogsOfTheRegistry",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{args['log_bucket']}/registry/*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": args["account"]},
            "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{args['bucket']}"},
        },
    }


def _only_conditional(bucket: str) -> dict[str, Any]:
    """Records and journals are written only by who has read them: with `If-Match`, or `If-None-Match` the first time.

    A record is claimed first and completed with its model package afterwards, so it too is written twice. Evidence is written
    once, with `If-None-Match`.
    """
    return refuse_put(
        "OnlyConditionalWrites",
        _documents(bucket),
        {"Null": {"s3:if-match": "true", "s3:if-none-match": "true"}},
    )


def _never_deleted(bucket: str) -> dict[str, Any]:
    """Refuse to delete a record, a journal or evidence, or an earlier version: without them, rejected bits would serve again.

    What is replaced still ends by the bucket's lifecycle, which no policy governs; a destroy of the stack takes the policy away
    first.
    """
    return {
        "Sid": "RecordsAndJournalsAreNeverDeleted",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
        "Resource": _documents(bucket),
    }


def _documents(bucket: str) -> list[str]:
    return [f"arn:aws:s3:::{bucket}/{folder}/*" for folder in ("journal", "versions", "evidence")]
