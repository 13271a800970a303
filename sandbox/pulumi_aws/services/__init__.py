"""The `aws:` types of this project, a file for each service."""

from sandbox.pulumi_aws.kind import Kind
from sandbox.pulumi_aws.services import (
    appautoscaling,
    bucket_setting,
    cloudwatch,
    codebuild,
    codeconnections,
    codepipeline,
    ecr,
    events,
    iam,
    kms,
    logs,
    s3,
    sagemaker,
    scheduler,
    sns,
)

KINDS: dict[str, Kind] = {
    kind.pulumi_type: kind
    for service in (
        *(s3, bucket_setting, kms, ecr, iam, sagemaker, appautoscaling, cloudwatch, sns),
        *(codebuild, codeconnections, codepipeline, events, logs, scheduler),
    )
    for kind in service.KINDS
}
