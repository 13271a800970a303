"""Who is told of builds that failed: two rules of EventBridge, and the topic that they tell."""

import json
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

# Of a build, its exported variables: VERSION and REASON come in whatever order, and nothing else is set where one failed.
_VARIABLES = ("first", "second", "third", "fourth")
_PLACE = "$.detail.additional-information"


class BuildTopicArgs(TypedDict):
    """What tells one topic from another.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        topic: SNS' name of the topic; whoever subscribes must be able to name it. Its rules' names begin with it.
        pipeline: CodePipeline's name of the pipeline.
        projects: CodeBuild's names of its projects.
        key_arn: the KMS key that encrypts messages; its policy must let EventBridge use it.
        protect: refuse to delete the topic: with it go its subscriptions, which this program does not know.
    """

    account: str
    region: str
    topic: str
    pipeline: str
    projects: list[str]
    key_arn: pulumi.Input[str]
    protect: bool


class BuildTopic(pulumi.ComponentResource):
    """The topic; a build that failed is told with its reason, and an execution with its stage."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: BuildTopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-delivery:index:BuildTopic", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        topic = aws.sns.Topic(
            name,
            name=args["topic"],
            kms_master_key_id=args["key_arn"],
            opts=pulumi.ResourceOptions(parent=self, protect=args["protect"]),
        )
        rules = {f"{args['topic']}-build": _of_builds(args), f"{args['topic']}-stage": _of_stages(args)}
        policy = aws.sns.TopicPolicy(
            name, arn=topic.arn, policy=json.dumps(topic_policy(args, list(rules))), opts=inside
        )
        for rule_name, (pattern, transformer) in rules.items():
            rule = aws.cloudwatch.EventRule(
                rule_name, name=rule_name, event_pattern=json.dumps(pattern), opts=inside
            )
            aws.cloudwatch.EventTarget(
                rule_name,
                rule=rule.name,
                target_id="topic",
                arn=topic.arn,
                input_transformer=transformer,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
            )
        self.arn = topic.arn
        self.register_outputs({"arn": self.arn})


def topic_policy(args: BuildTopicArgs, rules: list[str]) -> dict[str, Any]:
    """Only these rules publish. EventBridge gives a rule's ARN, and no account."""
    where = f"{args['region']}:{args['account']}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "FailedBuilds",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": f"arn:aws:sns:{where}:{args['topic']}",
                "Condition": {
                    "ArnEquals": {"aws:SourceArn": [f"arn:aws:events:{where}:rule/{rule}" for rule in rules]}
                },
            }
        ],
    }


def _of_builds(args: BuildTopicArgs) -> tuple[dict[str, Any], Any]:
    """Why a build failed, in the sentence that it exported."""
    pattern = {
        "source": ["aws.codebuild"],
        "detail-type": ["CodeBuild Build State Change"],
        "detail": {
            "project-name": args["projects"],
            "build-status": ["FAILED", "FAULT", "STOPPED", "TIMED_OUT"],
        },
    }
    variables = {
        name: f"{_PLACE}.exported-environment-variables[{index}].value"
        for index, name in enumerate(_VARIABLES)
    }
    sentence = " ".join(f"<{name}>" for name in _VARIABLES)
    return pattern, {
        "input_paths": {"project": "$.detail.project-name", "status": "$.detail.build-status", **variables},
        "input_template": f'"<project> {{}}: {sentence}"'.replace("{}", "<status>"),
    }


def _of_stages(args: BuildTopicArgs) -> tuple[dict[str, Any], Any]:
    """Which stage an execution failed in: also one that began no build."""
    pattern = {
        "source": ["aws.codepipeline"],
        "detail-type": ["CodePipeline Pipeline Execution State Change"],
        "detail": {"pipeline": [args["pipeline"]], "state": ["FAILED"]},
    }
    more = "$.detail.additional-attributes"
    return pattern, {
        "input_paths": {
            "pipeline": "$.detail.pipeline",
            "execution": "$.detail.execution-id",
            "stage": f"{more}.failedStage",
            "why": f"{more}.failedActions[0].additionalInformation",
        },
        "input_template": '"<pipeline> execution <execution> FAILED in stage <stage>: <why>"',
    }
