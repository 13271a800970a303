"""The endpoint: a Model for each version of the fleet, their variants, and what scales and watches them."""

from collections.abc import Mapping, Sequence
from typing import TypedDict, cast

import pulumi

from components.alarm_topic import AlarmTopic
from components.alarms import Limits, Watched, watch
from components.autoscaling import Capacity, autoscale
from components.sagemaker import Model
from components.serving_role import ServingRole
from modeldelivery.provider.sdk import Endpoint, RegisteredVersion
from modeldelivery.release.core.request import Capture, Member
from modeldelivery.release.naming import CAPTURE_FOLDER, variant_name
from modeldelivery.release.version import parse_version


class ModelEndpointArgs(TypedDict):
    """What tells one endpoint from another.

    Attributes:
        account: the AWS account, 12 digits; no other may be touched.
        region: the AWS region.
        profile: the AWS profile that the provider uses; None for the default chain.
        endpoint: SageMaker's name of the endpoint.
        release: the versions that config asks for, as `Release.plain` has it.
        versions: the same versions as the registry knows them, in the fleet's order.
        rules: what the environment demands of a change, as `Rules.plain` has it.
        capacity: what each version runs on.
        limits: what each version may not exceed.
        alarm_topic: ARN of the SNS topic that alarms tell; None: one of this endpoint's own.
        alarm_topic_name: SNS' name of its own topic.
        bucket: the registry bucket, where artifacts and the journal are.
        journal_key: key of the journal in it.
        repository_arn: the ECR repository with the images.
        key_arn: the KMS key of artifacts and volumes.
        capture_percent: of the invocations, whose requests and answers are kept in the registry bucket; None for none.
        ignore_tags: tags that others manage, as `IgnoredTags.plain` has it; None where there are none.
        protect: refuse to delete the endpoint.
    """

    account: str
    region: str
    profile: str | None
    endpoint: str
    release: Mapping[str, object]
    versions: Sequence[RegisteredVersion]
    rules: Mapping[str, object]
    capacity: Capacity
    limits: Limits
    alarm_topic: str | None
    alarm_topic_name: str
    bucket: pulumi.Input[str]
    journal_key: str
    repository_arn: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    capture_percent: int | None
    ignore_tags: Mapping[str, object] | None
    protect: bool


class ModelEndpoint(pulumi.ComponentResource):
    """The endpoint of one model in one environment.

    Attributes:
        name: SageMaker's name of the endpoint.
        arn: its ARN.
        alarms: names of the alarms of each version, by version; whoever judges a version asks these.
        alarm_topic: ARN of the SNS topic that they tell.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    alarms: Mapping[str, Watched]
    alarm_topic: pulumi.Output[str]

    def __init__(
        self, name: str, args: ModelEndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("model-delivery:index:ModelEndpoint", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        capacity = args["capacity"]
        role = ServingRole(
            f"{name}-serving",
            {
                "account": args["account"],
                "region": args["region"],
                "endpoint": args["endpoint"],
                "bucket": args["bucket"],
                "key_arn": args["key_arn"],
                "repository_arn": args["repository_arn"],
                "captures": args["capture_percent"] is not None,
            },
            opts=inside,
        )
        models = {version.version: _model(name, version, role.arn, inside) for version in args["versions"]}
        endpoint = Endpoint(
            name,
            endpoint_name=args["endpoint"],
            region=args["region"],
            allowed_accounts=[args["account"]],
            profile=args["profile"],
            release=args["release"],
            variants=[
                _member(version, models[version.version], capacity).plain() for version in args["versions"]
            ],
            rules=args["rules"],
            journal={"bucket": args["bucket"], "key": args["journal_key"]},
            kms_key_arn=args["key_arn"],
            capture=_capture(args["bucket"], args["capture_percent"]),
            ignore_tags=args["ignore_tags"],
            approvals={version.version: version.approval for version in args["versions"]},
            opts=pulumi.ResourceOptions(parent=self, protect=args["protect"]),
        )
        on_endpoint = pulumi.ResourceOptions(parent=self, depends_on=[endpoint])
        topic = _topic(name, args, inside)
        alarms: dict[str, Watched] = {}
        for version in args["versions"]:
            variant = variant_name(parse_version(version.version))
            child = f"{name}-{variant}"
            if warning := overloaded(version, capacity):
                pulumi.log.warn(warning, endpoint)
            autoscale(child, endpoint=args["endpoint"], variant=variant, capacity=capacity, opts=on_endpoint)
            alarms[version.version] = watch(
                child,
                endpoint=args["endpoint"],
                variant=variant,
                limits=args["limits"],
                topic=topic,
                opts=inside,
            )

        self.name = endpoint.name
        self.arn = endpoint.arn
        self.alarms = alarms
        self.alarm_topic = topic
        self.register_outputs(
            {"name": self.name, "arn": self.arn, "alarms": alarms, "alarmTopic": self.alarm_topic}
        )


def overloaded(version: RegisteredVersion, capacity: Capacity) -> str | None:
    """Why autoscaling would give an instance more than it was measured to serve; None where it would not, or nobody measured."""
    measured, target = version.requests_per_minute, capacity["target_invocations_per_minute"]
    if measured is None or target <= measured:
        return None
    return (
        f"instances.targetInvocationsPerMinute is {target}, and one {capacity['type']} was measured in {version.measured_in} to serve "
        f"{measured:.0f} requests a minute of {version.version} within the limit of latency (`modelctl verify --load`): autoscaling would add "
        "instances too late"
    )


def _topic(name: str, args: ModelEndpointArgs, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """Config's topic, or one that is made here."""
    if args["alarm_topic"] is not None:
        return pulumi.Output.from_input(args["alarm_topic"])
    made = AlarmTopic(
        f"{name}-alarms",
        {
            "account": args["account"],
            "region": args["region"],
            "topic": args["alarm_topic_name"],
            "key_arn": args["key_arn"],
            "protect": args["protect"],
        },
        opts=opts,
    )
    return made.arn


def _capture(bucket: pulumi.Input[str], percent: int | None) -> Mapping[str, object] | None:
    """Where what is captured goes: a folder that expires."""
    if percent is None:
        return None
    destination = pulumi.Output.format("s3://{0}/{1}", bucket, CAPTURE_FOLDER)
    return Capture(percent=percent, destination=cast("str", destination)).plain()


def _member(version: RegisteredVersion, model: Model, capacity: Capacity) -> Member:
    return Member(
        version=parse_version(version.version),
        digest=version.digest,
        model_name=cast("str", model.name),  # an Output: the engine puts the name in its place
        instance_type=capacity["type"],
        instance_count=capacity["min"],
    )


def _model(
    name: str, version: RegisteredVersion, role_arn: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> Model:
    """A version's Model: everything by digest."""
    return Model(
        f"{name}-{variant_name(parse_version(version.version))}",
        execution_role_arn=role_arn,
        container={
            "image": version.image,
            "modelDataUrl": version.model_data,
            "environment": {"MODEL_VERSION": version.version, "MODEL_SHA256": version.model_digest},
        },
        opts=opts,
    )
