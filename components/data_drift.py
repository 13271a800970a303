"""Whether what a model is asked has moved away from what it was trained on: a job for each version, by schedule."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from components import data_drift_roles as roles
from components.definition import Network
from components.service_role import sagemaker_role, service_role
from modeldelivery.provider.sdk import RegisteredVersion
from modeldelivery.release.naming import BASELINE, CAPTURE_FOLDER, DRIFT_FOLDER, evidence_key, variant_name
from modeldelivery.release.version import parse_version

# EventBridge Scheduler's name of SageMaker's call, and what it puts in the place of such words.
_CALL = "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob"
_DUE, _ATTEMPT = "<aws.scheduler.scheduled-time>", "<aws.scheduler.execution-id>"
_PROGRAM = ("python", "-m", "pipelines.data_drift")
_VOLUME = 30  # GiB, of which the job uses none
_SECONDS = 3600  # for which a job may run
# A job that cannot be made within two hours is not made: the next one judges the day after.
_PATIENCE, _RETRIES = 7200, 20  # seconds; attempts


class DataDriftArgs(TypedDict):
    """What is judged, when and by what.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        endpoint: SageMaker's name of the endpoint.
        bucket: name of the registry bucket: what was captured, evidence and reports.
        key_arn: ARN of its KMS key.
        versions: that have a baseline among their evidence.
        verdicts_key: of the newest verdicts of the environment, in that bucket.
        image: of the steps, by digest; None where none is pushed yet, and no job can run.
        step_repository_arn: ARN of the ECR repository that it is in.
        schedule: when, `cron(…)` or `rate(…)`, UTC; the week before that time is judged.
        instance: type of the jobs' instance.
        network: where the jobs run; None for SageMaker's own network.
        tags: of each job.
    """

    account: str
    region: str
    endpoint: str
    bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    versions: Sequence[RegisteredVersion]
    verdicts_key: str
    image: str | None
    step_repository_arn: pulumi.Input[str]
    schedule: str
    instance: str
    network: Network | None
    tags: Mapping[str, str]


class DataDrift(pulumi.ComponentResource):
    """The jobs of one endpoint that judge data drift.

    Attributes:
        schedules: EventBridge Scheduler's names of them, by version.
    """

    schedules: Mapping[str, pulumi.Output[str]]

    def __init__(self, name: str, args: DataDriftArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-delivery:index:DataDrift", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        site: roles.DriftSite = {
            "account": args["account"],
            "region": args["region"],
            "endpoint": args["endpoint"],
            "bucket": args["bucket"],
            "key_arn": args["key_arn"],
            "verdicts_key": args["verdicts_key"],
            "step_repository_arn": args["step_repository_arn"],
            "network": args["network"],
        }
        job = sagemaker_role(f"{name}-drift", args["account"], roles.job_statements_of(site), inside)
        starter = service_role(
            f"{name}-scheduler",
            "scheduler",
            args["account"],
            roles.schedule_statements(site, job),
            inside,
        )
        image = args["image"]
        self.schedules = {
            version.version: aws.scheduler.Schedule(
                f"{name}-drift-{_variant(version)}",
                description=f"Data drift of {version.version} on {args['endpoint']}",
                schedule_expression=args["schedule"],
                flexible_time_window={"mode": "OFF"},
                target={
                    "arn": _CALL,
                    "role_arn": starter,
                    "input": _request(args, str(image), version, job),
                    "retry_policy": {
                        "maximum_event_age_in_seconds": _PATIENCE,
                        "maximum_retry_attempts": _RETRIES,
                    },
                },
                opts=inside,
            ).name
            for version in (args["versions"] if image else ())
        }
        self.register_outputs({"schedules": self.schedules})


def _variant(version: RegisteredVersion) -> str:
    return variant_name(parse_version(version.version))


def _request(
    args: DataDriftArgs, image: str, version: RegisteredVersion, role: pulumi.Output[str]
) -> pulumi.Output[str]:
    """What CreateProcessingJob is given, once the stack's values are known."""
    members = pulumi.Output.all(bucket=args["bucket"], key=args["key_arn"], role=role).apply(
        lambda values: _members(args, version, {"image": image, **values})
    )
    return pulumi.Output.json_dumps(members)


def _members(args: DataDriftArgs, version: RegisteredVersion, values: Mapping[str, str]) -> dict[str, Any]:
    """`values`: image, bucket, key and role."""
    registry, endpoint, network = f"s3://{values['bucket']}", args["endpoint"], args["network"]
    arguments = {
        "--version": version.version,
        "--baseline": f"{registry}/{evidence_key(version.digest, BASELINE)}",
        "--captured": f"{registry}/{CAPTURE_FOLDER}/{endpoint}/{_variant(version)}",
        "--until": _DUE,
        "--reports": f"{registry}/{DRIFT_FOLDER}/{endpoint}",
        "--verdicts": f"{registry}/{args['verdicts_key']}",
        "--metrics": endpoint,
    }
    vpc = network and {"SecurityGroupIds": network["security_groups"], "Subnets": network["subnets"]}
    return {
        "ProcessingJobName": f"{roles.job_prefix(endpoint)}{_variant(version)}-{_ATTEMPT}",
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
                "InstanceType": args["instance"],
                "VolumeSizeInGB": _VOLUME,
                "VolumeKmsKeyId": values["key"],
            }
        },
        "NetworkConfig": {"EnableNetworkIsolation": False, **({"VpcConfig": vpc} if vpc else {})},
        "StoppingCondition": {"MaxRuntimeInSeconds": _SECONDS},
        "Tags": [{"Key": name, "Value": value} for name, value in sorted(args["tags"].items())],
    }
