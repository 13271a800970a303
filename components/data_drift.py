"""Whether what a model is asked has moved away from what it was trained on: a job for each version, by schedule."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components import data_drift_roles as roles
from components.scheduled_job import request, schedule, schedule_statements
from components.service_role import sagemaker_role, service_role
from modeldelivery.provider.sdk import RegisteredVersion
from modeldelivery.release.naming import BASELINE, CAPTURE_FOLDER, DRIFT_FOLDER, evidence_key, variant_name
from modeldelivery.release.version import parse_version

_DUE = "<aws.scheduler.scheduled-time>"  # for which EventBridge Scheduler puts the time
_PROGRAM = ("python", "-m", "pipelines.data_drift")
_SECONDS = 3600  # for which a job may run


class DataDriftArgs(roles.DriftSite):
    """What is judged, when and by what.

    Attributes:
        versions: that have a baseline among their evidence.
        image: of the steps, by digest; None where none is pushed yet, and no job can run.
        schedule: when, `cron(…)` or `rate(…)`, UTC; the week before that time is judged.
        instance: type of the jobs' instance.
        tags: of each job.
    """

    versions: Sequence[RegisteredVersion]
    image: str | None
    schedule: str
    instance: str
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
        account, prefix = args["account"], roles.job_prefix(args["endpoint"])
        job = sagemaker_role(f"{name}-drift", account, roles.job_statements_of(args), inside)
        starter = service_role(
            f"{name}-scheduler", "scheduler", account, schedule_statements(args, prefix, job), inside
        )
        image = args["image"]
        self.schedules = {
            version.version: schedule(
                f"{name}-drift-{_variant(version)}",
                f"Data drift of {version.version} on {args['endpoint']}",
                expression=args["schedule"],
                role=starter,
                job=_request(args, str(image), version, job),
                opts=inside,
            )
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
    registry, endpoint = f"s3://{values['bucket']}", args["endpoint"]
    arguments = {
        "--version": version.version,
        "--baseline": f"{registry}/{evidence_key(version.digest, BASELINE)}",
        "--captured": f"{registry}/{CAPTURE_FOLDER}/{endpoint}/{_variant(version)}",
        "--until": _DUE,
        "--reports": f"{registry}/{DRIFT_FOLDER}/{endpoint}",
        "--verdicts": f"{registry}/{args['verdicts_key']}",
        "--metrics": endpoint,
    }
    return request(
        args,
        {
            "prefix": f"{roles.job_prefix(endpoint)}{_variant(version)}-",
            "program": _PROGRAM,
            "arguments": arguments,
            "image": values["image"],
            "instance": args["instance"],
            "seconds": _SECONDS,
            "role": values["role"],
            "key": values["key"],
            "tags": args["tags"],
        },
    )
