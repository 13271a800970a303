"""Roles that a service of AWS takes on, for this account alone."""

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

Statements = Sequence[dict[str, Any]]
_TAKE_ON = "sts:AssumeRole"


def sagemaker_role(
    name: str, account: str, statements: Statements, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """`service_role` of SageMaker's."""
    return service_role(name, "sagemaker", account, statements, opts)


def service_role(
    name: str,
    service: str,
    account: str,
    statements: Statements,
    opts: pulumi.ResourceOptions,
    *,
    actions: str | list[str] = _TAKE_ON,
) -> pulumi.Output[str]:
    """Declare a role with one policy.

    Args:
        name: of both resources.
        service: that takes the role on, such as `sagemaker`.
        account: the AWS account, 12 digits, for which it may.
        statements: of the policy.
        opts: of both resources.
        actions: of STS by which the service takes it on.

    Returns:
        Its ARN, known once the role may do its work: services try a role when it is handed over.
    """
    role = aws.iam.Role(name, assume_role_policy=json.dumps(trust(account, service, actions)), opts=opts)
    policy = aws.iam.RolePolicy(
        name,
        role=role.name,
        policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)}),
        opts=opts,
    )
    return pulumi.Output.all(role.arn, policy.id).apply(lambda values: str(values[0]))


def trust(account: str, service: str = "sagemaker", actions: str | list[str] = _TAKE_ON) -> dict[str, Any]:
    """The policy by which a service takes a role on, for this account alone."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Action": actions,
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ],
    }
