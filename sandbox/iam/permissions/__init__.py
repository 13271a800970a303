"""What each call in use needs, by the service's signing name; of another call a role is refused by name."""

from collections.abc import Mapping

from sandbox.iam.permissions import (
    alarms,
    buckets,
    builds,
    events,
    keys,
    logs,
    repositories,
    roles,
    sagemaker,
    scaling,
    schedules,
)
from sandbox.iam.permissions.rule import Rule, Rules

RULES: Mapping[str, Rules] = {
    "application-autoscaling": scaling.RULES,
    "codebuild": builds.CODEBUILD,
    "codeconnections": builds.CODECONNECTIONS,
    "codepipeline": builds.CODEPIPELINE,
    "ecr": repositories.RULES,
    "events": events.RULES,
    "iam": roles.IAM,
    "kms": keys.RULES,
    "logs": logs.RULES,
    "monitoring": alarms.CLOUDWATCH,
    "s3": buckets.RULES,
    "sagemaker": sagemaker.RULES,
    "scheduler": schedules.RULES,
    "sns": alarms.SNS,
    "sts": roles.STS,
}
# For an administrator's calls that are not in the table: what a policy's Deny of the whole service can mean.
UNNAMED: Mapping[str, Rule] = {"s3": buckets.unnamed}
