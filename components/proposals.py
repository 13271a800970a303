"""A model of the months that are there now, proposed by schedule: a job that trains by the environment's pipeline and tells a topic."""

import json
from collections.abc import Mapping
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from components import proposal_roles as roles
from components.definition import Network
from components.service_role import sagemaker_role, service_role

# EventBridge Scheduler's name of SageMaker's call, and what it puts in the place of such a word.
_CALL = "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob"
_ATTEMPT = "<aws.scheduler.execution-id>"
_PROGRAM = ("python", "-m", "pipelines.proposal")
# The job starts a pipeline and waits: the smallest instance that Processing has.
_INSTANCE = "ml.t3.medium"
_VOLUME = 30  # GiB, of which the job uses none
_FOLLOWED, _SECONDS = 18_000, 21_600  # for which a training is followed, and for which the job may run
# A job that cannot be made within two hours is not made: the next one finds the same months.
_PATIENCE, _RETRIES = 7200, 20  # seconds; attempts


class ProposalsArgs(TypedDict):
    """What is trained, when and who is told.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        model: the model's name.
        environment: the environment's name.
        endpoint: name of what serves, whose journal is read.
        pipeline: name of the training pipeline.
        bucket: name of the registry bucket: journal, versions, runs and acts.
        key_arn: ARN of its KMS key.
        data_bucket: name of the bucket of data sets.
        data_key_arn: ARN of the data's KMS key.
        repository_arn: ARN of the ECR repository of the server's images.
        step_repository_arn: ARN of the ECR repository of the steps' images.
        acts_key: of what was done so far, in the registry bucket.
        image: of the steps, by digest; None where none is pushed yet, or nothing serves, and nothing is proposed.
        topic_arn: of the SNS topic that is told.
        schedule: when, `cron(…)` or `rate(…)`, UTC.
        parameters: `fit` and `evaluation` of params.yaml.
        network: where the job runs; None for SageMaker's own network.
        tags: of each job.
    """

    account: str
    region: str
    model: str
    environment: str
    endpoint: str
    pipeline: str
    bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    data_bucket: pulumi.Input[str]
    data_key_arn: pulumi.Input[str]
    repository_arn: pulumi.Input[str]
    step_repository_arn: pulumi.Input[str]
    acts_key: str
    image: str | None
    topic_arn: str
    schedule: str
    parameters: Mapping[str, Any]
    network: Network | None
    tags: Mapping[str, str]


class Proposals(pulumi.ComponentResource):
    """The schedule by which models are proposed.

    Attributes:
        schedule: EventBridge Scheduler's name of it; None while there is no image, or nothing serves.
    """

    schedule: pulumi.Output[str] | None

    def __init__(self, name: str, args: ProposalsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-delivery:index:Proposals", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        site: roles.ProposalSite = {
            "account": args["account"],
            "region": args["region"],
            "endpoint": args["endpoint"],
            "pipeline": args["pipeline"],
            "bucket": args["bucket"],
            "key_arn": args["key_arn"],
            "data_bucket": args["data_bucket"],
            "data_key_arn": args["data_key_arn"],
            "repository_arn": args["repository_arn"],
            "step_repository_arn": args["step_repository_arn"],
            "acts_key": args["acts_key"],
            "topic_arn": args["topic_arn"],
            "network": args["network"],
        }
        job = sagemaker_role(f"{name}-proposal", args["account"], roles.job_statements_of(site), inside)
        starter = service_role(
            f"{name}-schedule-proposal",
            "scheduler",
            args["account"],
            roles.schedule_statements(site, job),
            inside,
        )
        self.schedule = None
        if args["image"]:
            self.schedule = aws.scheduler.Schedule(
                f"{name}-proposal",
                description=f"A model of {args['model']} of the latest months, proposed",
                schedule_expression=args["schedule"],
                flexible_time_window={"mode": "OFF"},
                target={
                    "arn": _CALL,
                    "role_arn": starter,
                    "input": _request(args, args["image"], job),
                    "retry_policy": {
                        "maximum_event_age_in_seconds": _PATIENCE,
                        "maximum_retry_attempts": _RETRIES,
                    },
                },
                opts=inside,
            ).name
        self.register_outputs({"schedule": self.schedule})


def _request(args: ProposalsArgs, image: str, role: pulumi.Output[str]) -> pulumi.Output[str]:
    """What CreateProcessingJob is given, once the stack's values are known."""
    outputs = pulumi.Output.all(
        bucket=args["bucket"], key=args["key_arn"], data_bucket=args["data_bucket"], role=role
    )
    return pulumi.Output.json_dumps(outputs.apply(lambda values: _members(args, {"image": image, **values})))


def _members(args: ProposalsArgs, values: Mapping[str, str]) -> dict[str, Any]:
    """`values`: image, bucket, key, data_bucket and role."""
    registry, network = f"s3://{values['bucket']}", args["network"]
    arguments = {
        "--env": args["environment"],
        "--model": args["model"],
        "--registry": registry,
        "--data-bucket": values["data_bucket"],
        "--acts": f"{registry}/{args['acts_key']}",
        "--parameters": json.dumps(args["parameters"], sort_keys=True),
        "--step-image": values["image"],
        "--topic": args["topic_arn"],
        "--timeout": str(_FOLLOWED),
    }
    vpc = network and {"SecurityGroupIds": network["security_groups"], "Subnets": network["subnets"]}
    return {
        "ProcessingJobName": f"{roles.job_prefix(args['pipeline'])}{_ATTEMPT}",
        "RoleArn": values["role"],
        "AppSpecification": {
            "ImageUri": values["image"],
            "ContainerEntrypoint": list(_PROGRAM),
            "ContainerArguments": [text for pair in arguments.items() for text in pair],
        },
        "Environment": {"AWS_DEFAULT_REGION": args["region"]},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": _INSTANCE,
                "VolumeSizeInGB": _VOLUME,
                "VolumeKmsKeyId": values["key"],
            }
        },
        "NetworkConfig": {"EnableNetworkIsolation": False, **({"VpcConfig": vpc} if vpc else {})},
        "StoppingCondition": {"MaxRuntimeInSeconds": _SECONDS},
        "Tags": [{"Key": name, "Value": value} for name, value in sorted(args["tags"].items())],
    }
