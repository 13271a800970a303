"""Statements of a role's policy, and the ARNs that they are about."""

from collections.abc import Sequence
from typing import Any

import pulumi


def allow(
    sid: str,
    actions: list[str],
    resources: Sequence[pulumi.Input[str]],
    condition: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A statement that allows actions on resources."""
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return statement if condition is None else {**statement, "Condition": condition}


def allow_keys(
    sid: str, actions: list[str], keys: Sequence[pulumi.Input[str]], service: str, region: str
) -> dict[str, Any]:
    """The use of KMS keys through one service alone."""
    through = {"StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"}}
    return allow(sid, actions, keys, through)


def reads_artifacts(bucket: pulumi.Input[str], key: pulumi.Input[str], region: str) -> list[dict[str, Any]]:
    """What serves models may: read the registry's archives, which are under a key."""
    return [
        {
            "Sid": "Artifacts",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": objects_arn(bucket, "artifacts/*"),
        },
        {
            "Sid": "ArtifactsKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": key,
            "Condition": {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}},
        },
    ]


def encrypts_volumes(key: pulumi.Input[str], region: str) -> dict[str, Any]:
    """What makes jobs may: SageMaker makes itself a grant on the key of a job's volume, as whoever makes the job."""
    return allow_keys("VolumesKey", ["kms:CreateGrant", "kms:DescribeKey"], [key], "sagemaker", region)


def runs_trainings(sid: str, sagemaker: str, pipeline: str) -> list[dict[str, Any]]:
    """What has a training pipeline run may: start, retry and follow its executions, and read why a job of one failed.

    Args:
        sid: of the statement about the pipeline itself.
        sagemaker: how the ARNs of SageMaker's resources begin: `arn:aws:sagemaker:REGION:ACCOUNT`.
        pipeline: its name.
    """
    arn = f"{sagemaker}:pipeline/{pipeline}"
    return [
        allow(
            sid,
            [
                "sagemaker:DescribePipeline",
                "sagemaker:ListPipelineExecutions",
                "sagemaker:StartPipelineExecution",
            ],
            [arn],
        ),
        allow(
            "Executions",
            [
                "sagemaker:DescribePipelineExecution",
                "sagemaker:ListPipelineExecutionSteps",
                "sagemaker:RetryPipelineExecution",
            ],
            [f"{arn}/execution/*"],
        ),
        # SageMaker names a pipeline's jobs by the execution alone: pipelines-EXECUTION-STEP-….
        allow("Reasons", ["sagemaker:DescribeProcessingJob"], [f"{sagemaker}:processing-job/pipelines-*"]),
    ]


def bucket_arn(bucket: pulumi.Input[str]) -> pulumi.Output[str]:
    """ARN of a bucket."""
    return pulumi.Output.format("arn:aws:s3:::{0}", bucket)


def objects_arn(bucket: pulumi.Input[str], key: str) -> pulumi.Output[str]:
    """ARN of a bucket's objects, by a pattern of their keys."""
    return pulumi.Output.format("arn:aws:s3:::{0}/{1}", bucket, key)
