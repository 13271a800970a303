"""What a policy calls the resources that a role touches: names are stable or begin with the environment's.

Every resource that a flow touches must be one of these; another stops the derivation, so that somebody looks at it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from modeldelivery.release.naming import Place
from tools.roles.site import STATE_BUCKET, STATE_KEY

# A condition of a policy: (operator, key) to values.
Conditions = Mapping[tuple[str, str], tuple[str, ...]]
Keys = Mapping[str, object]


class StrangeResourceError(ValueError):
    """A flow touched something that no pattern covers."""


@dataclass(frozen=True)
class Resource:
    """A pattern of ARNs, with the conditions by which it is told from others of the same ARNs."""

    name: str
    arn: str
    conditions: Conditions = field(default_factory=dict, compare=False)

    def covers(self, arn: str) -> bool:
        """Whether the pattern stands for an ARN."""
        return re.fullmatch(re.escape(self.arn).replace(r"\*", ".*"), arn) is not None


def resources(place: Place) -> dict[str, Resource]:
    """By name; where two cover an ARN, the first that does is meant."""
    here = f"{place.region}:{place.account}"
    name = place.endpoint
    registry, logs = f"arn:aws:s3:::{place.registry_bucket}", f"arn:aws:s3:::{place.log_bucket}"
    sagemaker = f"arn:aws:sagemaker:{here}"
    key, alarm = f"arn:aws:kms:{here}:key/*", f"arn:aws:cloudwatch:{here}:alarm"
    connection = f"arn:aws:codeconnections:{here}:connection/*"
    tags = {"model": place.model, "environment": place.environment}
    tagged: Conditions = {("StringEquals", f"aws:ResourceTag/{tag}"): (value,) for tag, value in tags.items()}
    # To tag a key, or a connection, is to get it: none that has such tags already.
    newly_tagged: Conditions = {
        **{("StringEquals", f"aws:RequestTag/{tag}"): (value,) for tag, value in tags.items()},
        ("Null", "aws:ResourceTag/environment"): ("true",),
    }
    listed = (
        Resource("State", f"arn:aws:s3:::{STATE_BUCKET}"),
        Resource("StateObjects", f"arn:aws:s3:::{STATE_BUCKET}/.pulumi/*"),
        # A key's ARN is not known before there is one, so it is told by what it is given when it is made.
        Resource("StateKey", key, {("ForAnyValue:StringEquals", "kms:ResourceAliases"): (STATE_KEY,)}),
        Resource("Key", key, tagged),
        Resource("NewKey", key, newly_tagged),
        # As a key: what ends a connection's ARN is chosen by AWS.
        Resource("Connection", connection, tagged),
        Resource("NewConnection", connection, newly_tagged),
        Resource("Alias", f"arn:aws:kms:{here}:alias/{name}"),
        Resource("DataAlias", f"arn:aws:kms:{here}:alias/{place.data}"),
        Resource("Data", f"arn:aws:s3:::{place.data_bucket}"),
        Resource("DataCache", f"arn:aws:s3:::{place.data_bucket}/dvc/*"),
        Resource("Datasets", f"arn:aws:s3:::{place.data_bucket}/datasets/*"),
        Resource("DataObjects", f"arn:aws:s3:::{place.data_bucket}/*"),
        Resource("Registry", registry),
        Resource("Logs", logs),
        Resource("Journal", f"{registry}/journal/*"),
        Resource("Records", f"{registry}/versions/*"),
        Resource("Artifacts", f"{registry}/artifacts/*"),
        Resource("Evidence", f"{registry}/evidence/*"),
        Resource("Runs", f"{registry}/runs/*"),
        Resource("Verdicts", f"{registry}/verdicts/*"),
        Resource("Captured", f"{registry}/capture/*"),
        Resource("LogObjects", f"{logs}/*"),
        Resource("Endpoint", f"{sagemaker}:endpoint/{name}"),
        Resource("EndpointConfigs", f"{sagemaker}:endpoint-config/{name}-*"),
        Resource("Models", f"{sagemaker}:model/{name}-*"),
        Resource("Packages", f"{sagemaker}:model-package/{name}/*"),
        Resource("PackageGroup", f"{sagemaker}:model-package-group/{name}"),
        Resource("Pipeline", f"{sagemaker}:pipeline/{place.pipeline}"),
        Resource("Executions", f"{sagemaker}:pipeline/{place.pipeline}/execution/*"),
        Resource("Schedules", f"arn:aws:scheduler:{here}:schedule/default/{name}-*"),
        Resource("Jobs", f"{sagemaker}:processing-job/pipelines-*"),
        Resource("Repository", f"arn:aws:ecr:{here}:repository/{place.repository}"),
        Resource("StepRepository", f"arn:aws:ecr:{here}:repository/{place.step_repository}"),
        Resource("ServingRole", f"arn:aws:iam::{place.account}:role/{name}-*"),
        Resource(
            "ScalingsOwnRole",
            f"arn:aws:iam::{place.account}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*",
        ),
        Resource("Alarms", f"{alarm}:{name}-*"),
        Resource("Dashboard", f"arn:aws:cloudwatch::{place.account}:dashboard/{name}"),
        Resource("AlarmTopic", f"arn:aws:sns:{here}:{place.alarm_topic}"),
        Resource("Builds", f"arn:aws:codepipeline:{here}:{place.build_pipeline}"),
        Resource("Projects", f"arn:aws:codebuild:{here}:project/{place.build_pipeline}-*"),
        Resource("BuildLogs", f"arn:aws:logs:{here}:log-group:/aws/codebuild/{place.build_pipeline}-*"),
        Resource("BuildRules", f"arn:aws:events:{here}:rule/{place.build_topic}-*"),
        Resource("BuildTopic", f"arn:aws:sns:{here}:{place.build_topic}"),
        Resource("ScalingAlarms", f"{alarm}:TargetTracking-endpoint/{name}/variant/*"),
        Resource("AllAlarms", f"{alarm}:*"),
        Resource("Scaling", f"arn:aws:application-autoscaling:{here}:scalable-target/*"),
        Resource("Anything", "*"),
    )
    return {resource.name: resource for resource in listed}


# What there is only where the model is trained.
TRAINING = frozenset(
    {
        *("Data", "DataAlias", "DataCache", "Datasets", "DataObjects"),
        *("Pipeline", "Executions", "Jobs", "StepRepository", "Runs", "Schedules"),
    }
)

# What there is only where tags are built.
BUILD = frozenset(
    {"Builds", "Projects", "Connection", "NewConnection", "BuildLogs", "BuildRules", "BuildTopic"}
)


def resource_of(by_name: Mapping[str, Resource], arn: str, keys: Keys) -> Resource:
    """Which of them an ARN is; a key is told by its aliases and tags. Raises StrangeResourceError."""
    if arn == "*":
        return by_name["Anything"]
    if ":key/" in arn:
        return by_name[_key(arn, keys)]
    if arn.endswith(":connection/*"):
        return by_name["NewConnection"]
    resource = next((each for each in by_name.values() if each.name != "Anything" and each.covers(arn)), None)
    if resource is None:
        raise StrangeResourceError(
            f"{arn} is none of the resources in tools/roles/resources.py: add what it is"
        )
    return resource


def _key(arn: str, keys: Keys) -> str:
    if arn.endswith("/*"):
        return "NewKey"
    aliases = keys.get("kms:resourcealiases") or ()
    if isinstance(aliases, list | tuple) and STATE_KEY in aliases:
        return "StateKey"
    if keys.get("aws:resourcetag/environment"):
        return "Key"
    raise StrangeResourceError(f"{arn} has neither the state's alias nor the environment's tags")
