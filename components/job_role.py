"""What the role of every SageMaker job may: pull its image, write its logs and, in a network of its own, be reached there."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi

from components.definition import Network
from components.service_role import Statements
from components.statements import allow


class JobPlace(TypedDict):
    """Where jobs run.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        network: of the jobs; None for SageMaker's own.
    """

    account: str
    region: str
    network: Network | None


def job_statements(
    place: JobPlace, repositories: Sequence[pulumi.Input[str]], groups: Sequence[str]
) -> Statements:
    """Of a role of jobs whose images are in these repositories and whose logs are in these groups below `/aws/sagemaker`."""
    logs = f"arn:aws:logs:{place['region']}:{place['account']}:log-group:/aws/sagemaker"
    return [
        allow(
            "Image",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            repositories,
        ),
        allow("ImageLogin", ["ecr:GetAuthorizationToken"], ["*"]),  # about the caller: it knows no resource
        allow(
            "Logs",
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [f"{logs}/{group}{streams}" for group in groups for streams in ("", ":*")],
        ),
        *(_network(place, place["network"]) if place["network"] else []),
    ]


def _network(place: JobPlace, network: Network) -> Statements:
    """A job in a VPC has a network interface there, which SageMaker makes and takes away in the name of the job's role.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    where = f"arn:aws:ec2:{place['region']}:{place['account']}"
    return [
        allow(
            "Interfaces",
            [
                "ec2:CreateNetworkInterface",
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
            ],
            [
                f"{where}:network-interface/*",
                *(f"{where}:subnet/{subnet}" for subnet in network["subnets"]),
                *(f"{where}:security-group/{group}" for group in network["security_groups"]),
            ],
        ),
        allow(
            "Network",
            [
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            ["*"],  # these calls know no resource
        ),
    ]
