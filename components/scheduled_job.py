"""A processing job of SageMaker's that EventBridge Scheduler makes: the schedule, what SageMaker is asked for, and what the schedule's role may."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from components.definition import Network
from components.service_role import Statements
from components.statements import allow, encrypts_volumes

# EventBridge Scheduler's name of SageMaker's call, and what it puts in the place of such a word.
_CALL = "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob"
_ATTEMPT = "<aws.scheduler.execution-id>"
_VOLUME = 30  # GiB, of which no job uses any
# A job that cannot be made within two hours is not made: the next one does its work.
_PATIENCE, _RETRIES = 7200, 20  # seconds; attempts


class JobSite(TypedDict):
    """Where scheduled jobs run.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        key_arn: ARN of the KMS key of their volumes.
        network: of the jobs; None for SageMaker's own.
    """

    account: str
    region: str
    key_arn: pulumi.Input[str]
    network: Network | None


class Job(TypedDict):
    """What a job is.

    Attributes:
        prefix: how its names begin.
        program: that runs.
        arguments: of the program: option → value.
        image: that it runs in, by digest.
        instance: type of its instance.
        seconds: for which it may run.
        role: ARN of its role.
        key: ARN of the KMS key of its volume.
        tags: of it.
    """

    prefix: str
    program: Sequence[str]
    arguments: Mapping[str, str]
    image: str
    instance: str
    seconds: int
    role: str
    key: str
    tags: Mapping[str, str]


def schedule_statements(site: JobSite, prefix: str, job: pulumi.Input[str]) -> Statements:
    """Of the role that makes jobs whose names begin so; `job` is the ARN of the role that it makes them in."""
    where = f"arn:aws:sagemaker:{site['region']}:{site['account']}:processing-job"
    return [
        allow("Jobs", ["sagemaker:CreateProcessingJob", "sagemaker:AddTags"], [f"{where}/{prefix}*"]),
        allow(
            "RoleOfJobs",
            ["iam:PassRole"],
            [job],
            {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
        encrypts_volumes(site["key_arn"], site["region"]),
    ]


def schedule(
    name: str,
    description: str,
    *,
    expression: str,
    role: pulumi.Input[str],
    job: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """Declare a schedule that makes a job.

    Args:
        name: of the resource.
        description: for whoever looks at it.
        expression: when, `cron(…)` or `rate(…)`, UTC.
        role: ARN of the role by which it makes the job.
        job: what CreateProcessingJob is given, as JSON.
        opts: of the resource.

    Returns:
        EventBridge Scheduler's name of it.
    """
    return aws.scheduler.Schedule(
        name,
        description=description,
        schedule_expression=expression,
        flexible_time_window={"mode": "OFF"},
        target={
            "arn": _CALL,
            "role_arn": role,
            "input": job,
            "retry_policy": {
                "maximum_event_age_in_seconds": _PATIENCE,
                "maximum_retry_attempts": _RETRIES,
            },
        },
        opts=opts,
    ).name


def request(site: JobSite, job: Job) -> dict[str, Any]:
    """What CreateProcessingJob is given."""
    network = site["network"]
    vpc = network and {"SecurityGroupIds": network["security_groups"], "Subnets": network["subnets"]}
    return {
        "ProcessingJobName": f"{job['prefix']}{_ATTEMPT}",
        "RoleArn": job["role"],
        "AppSpecification": {
            "ImageUri": job["image"],
            "ContainerEntrypoint": list(job["program"]),
            "ContainerArguments": [text for pair in job["arguments"].items() for text in pair],
        },
        "Environment": {"AWS_DEFAULT_REGION": site["region"]},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": job["instance"],
                "VolumeSizeInGB": _VOLUME,
                "VolumeKmsKeyId": job["key"],
            }
        },
        "NetworkConfig": {"EnableNetworkIsolation": False, **({"VpcConfig": vpc} if vpc else {})},
        "StoppingCondition": {"MaxRuntimeInSeconds": job["seconds"]},
        "Tags": [{"Key": name, "Value": value} for name, value in sorted(job["tags"].items())],
    }
