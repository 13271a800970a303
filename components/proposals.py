"""A model of the months that are there now, proposed by schedule: a job that trains by the environment's pipeline and tells a topic."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from components import proposal_roles as roles
from components.scheduled_job import request, schedule, schedule_statements
from components.service_role import sagemaker_role, service_role

_PROGRAM = ("python", "-m", "pipelines.proposal")
# The job starts a pipeline and waits: the smallest instance that Processing has.
_INSTANCE = "ml.t3.medium"
_FOLLOWED, _SECONDS = 18_000, 21_600  # for which a training is followed, and for which the job may run


class ProposalsArgs(roles.ProposalSite):
    """What is trained, when and who is told.

    Attributes:
        model: the model's name.
        environment: the environment's name.
        image: of the steps, by digest; None where none is pushed yet, or nothing serves, and nothing is proposed.
        schedule: when, `cron(…)` or `rate(…)`, UTC.
        parameters: `fit` and `evaluation` of params.yaml.
        tags: of each job.
    """

    model: str
    environment: str
    image: str | None
    schedule: str
    parameters: Mapping[str, Any]
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
        account, prefix = args["account"], roles.job_prefix(args["pipeline"])
        job = sagemaker_role(f"{name}-proposal", account, roles.job_statements_of(args), inside)
        starter = service_role(
            f"{name}-schedule-proposal", "scheduler", account, schedule_statements(args, prefix, job), inside
        )
        self.schedule = None
        if args["image"]:
            self.schedule = schedule(
                f"{name}-proposal",
                f"A model of {args['model']} of the latest months, proposed",
                expression=args["schedule"],
                role=starter,
                job=_request(args, args["image"], job),
                opts=inside,
            )
        self.register_outputs({"schedule": self.schedule})


def _request(args: ProposalsArgs, image: str, role: pulumi.Output[str]) -> pulumi.Output[str]:
    """What CreateProcessingJob is given, once the stack's values are known."""
    outputs = pulumi.Output.all(
        bucket=args["bucket"], key=args["key_arn"], data_bucket=args["data_bucket"], role=role
    )
    return pulumi.Output.json_dumps(outputs.apply(lambda values: _members(args, {"image": image, **values})))


def _members(args: ProposalsArgs, values: Mapping[str, str]) -> dict[str, Any]:
    """`values`: image, bucket, key, data_bucket and role."""
    registry = f"s3://{values['bucket']}"
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
    return request(
        args,
        {
            "prefix": roles.job_prefix(args["pipeline"]),
            "program": _PROGRAM,
            "arguments": arguments,
            "image": values["image"],
            "instance": _INSTANCE,
            "seconds": _SECONDS,
            "role": values["role"],
            "key": values["key"],
            "tags": args["tags"],
        },
    )
