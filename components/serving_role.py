"""The role that a model's containers run under: read its artifact and image, write its logs and metrics, and what is captured."""

from typing import TypedDict

import pulumi

from components.service_role import Statements, sagemaker_role
from components.statements import reads_artifacts
from modeldelivery.release.naming import CAPTURE_FOLDER


class ServingRoleArgs(TypedDict):
    """What the role may reach; `captures`: SageMaker writes requests and answers in its name."""

    account: str
    region: str
    endpoint: str
    bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    repository_arn: pulumi.Input[str]
    captures: bool


class ServingRole(pulumi.ComponentResource):
    """The execution role; `arn` is known once the role may do its work."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: ServingRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-delivery:index:ServingRole", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.arn = sagemaker_role(name, args["account"], _statements(args), inside)
        self.register_outputs({"arn": self.arn})


def _statements(args: ServingRoleArgs) -> Statements:
    region, account = args["region"], args["account"]
    logs = f"arn:aws:logs:{region}:{account}:log-group:/aws/sagemaker/Endpoints/{args['endpoint']}"
    return [
        *reads_artifacts(args["bucket"], args["key_arn"], region),
        {
            "Sid": "Image",
            "Effect": "Allow",
            "Action": [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            "Resource": args["repository_arn"],
        },
        {
            "Sid": "ImageLogin",
            "Effect": "Allow",
            "Action": ["ecr:GetAuthorizationToken"],
            "Resource": "*",  # the call is about the caller: it knows no resource
        },
        {
            "Sid": "Logs",
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            "Resource": [logs, f"{logs}:*"],
        },
        {
            "Sid": "Metrics",
            "Effect": "Allow",
            "Action": ["cloudwatch:PutMetricData"],
            "Resource": "*",  # metrics have no ARN; the namespace limits it
            "Condition": {"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/Endpoints"}},
        },
        *(_capture(args) if args["captures"] else ()),
    ]


def _capture(args: ServingRoleArgs) -> Statements:
    return (
        {
            "Sid": "Capture",
            "Effect": "Allow",
            "Action": ["s3:PutObject"],
            "Resource": pulumi.Output.format("arn:aws:s3:::{0}/{1}/*", args["bucket"], CAPTURE_FOLDER),
        },
        {
            "Sid": "CaptureKey",
            "Effect": "Allow",
            "Action": ["kms:GenerateDataKey"],
            "Resource": args["key_arn"],
            "Condition": {"StringEquals": {"kms:ViaService": f"s3.{args['region']}.amazonaws.com"}},
        },
    )
