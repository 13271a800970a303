"""Where alarms are told: one SNS topic, encrypted, to which this account's alarms alone may publish."""

import json
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws


class AlarmTopicArgs(TypedDict):
    """What tells one topic from another.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        topic: SNS' name of the topic; whoever subscribes must be able to name it.
        key_arn: the KMS key that encrypts messages; its policy must let CloudWatch use it.
        protect: refuse to delete the topic: with it go its subscriptions, which this program does not know.
    """

    account: str
    region: str
    topic: str
    key_arn: pulumi.Input[str]
    protect: bool


class AlarmTopic(pulumi.ComponentResource):
    """The topic of one environment's alarms; `arn` is known once alarms may publish to it."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: AlarmTopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-delivery:index:AlarmTopic", name, None, opts)
        topic = aws.sns.Topic(
            name,
            name=args["topic"],
            kms_master_key_id=args["key_arn"],
            opts=pulumi.ResourceOptions(parent=self, protect=args["protect"]),
        )
        policy = aws.sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=json.dumps(topic_policy(args["account"], args["region"], args["topic"])),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = pulumi.Output.all(topic.arn, policy.id).apply(lambda values: str(values[0]))
        self.register_outputs({"arn": self.arn})


def topic_policy(account: str, region: str, topic: str) -> dict[str, Any]:
    """Only this account's alarms may publish. Its own people subscribe by what IAM grants them; a topic's policy need not name them."""
    where = f"{region}:{account}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Alarms",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": f"arn:aws:sns:{where}:{topic}",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{where}:alarm:*"},
                },
            }
        ],
    }
