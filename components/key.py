"""An environment's encryption keys: who may administer them, and through which services they may be used."""

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

_SERVICES = ("s3", "ecr", "sagemaker", "sns")
_DATA_SERVICES = ("s3", "sagemaker")


def encryption_key(
    name: str, *, holds: str, policy: dict[str, object], opts: pulumi.ResourceOptions
) -> aws.kms.Key:
    """Declare a key; `holds` says for people what it encrypts."""
    return aws.kms.Key(
        name,
        description=holds,
        enable_key_rotation=True,
        deletion_window_in_days=30,
        policy=json.dumps(policy),
        opts=opts,
    )


def key_policy(account: str, region: str, more: Sequence[Mapping[str, object]] = ()) -> dict[str, object]:
    """The policy of the key of the registry's bucket, its images, the instances' volumes and what alarms say; and `more` statements."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            *_statements(account, region, _SERVICES),
            {
                # An alarm calls SNS as CloudWatch itself. AWS documents this statement without a condition, and one that
                # CloudWatch does not meet would leave alarms that tell nobody; the topic's own policy says whose alarms:
                # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
                "Sid": "AlarmsThroughTopics",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": "*",
            },
            *more,
        ],
    }


def data_key_policy(account: str, region: str) -> dict[str, object]:
    """The policy of the key of the data bucket, which training reads."""
    return {"Version": "2012-10-17", "Statement": _statements(account, region, _DATA_SERVICES)}


def _statements(account: str, region: str, services: tuple[str, ...]) -> list[dict[str, object]]:
    """Who may do what with a key; in a key's policy the resource `*` is the key itself.

    The account as principal delegates to its IAM policies (else nobody could mend this policy); what IAM can grant is
    limited here: administration by named actions, use only through the services that hold the environment's data.
    """
    the_account = {"AWS": f"arn:aws:iam::{account}:root"}
    through_services = {"kms:ViaService": [f"{service}.{region}.amazonaws.com" for service in services]}
    return [
        {
            "Sid": "Administration",
            "Effect": "Allow",
            "Principal": the_account,
            "Action": [
                "kms:CancelKeyDeletion",
                "kms:DescribeKey",
                "kms:DisableKey",
                "kms:EnableKey",
                "kms:EnableKeyRotation",
                "kms:GetKeyPolicy",
                "kms:GetKeyRotationStatus",
                "kms:ListGrants",
                "kms:ListKeyPolicies",
                "kms:ListResourceTags",
                "kms:PutKeyPolicy",
                "kms:RevokeGrant",
                "kms:ScheduleKeyDeletion",
                "kms:TagResource",
                "kms:UntagResource",
                "kms:UpdateKeyDescription",
                "kms:CreateAlias",
                "kms:DeleteAlias",
                "kms:UpdateAlias",
            ],
            "Resource": "*",
        },
        {
            "Sid": "UseThroughServices",
            "Effect": "Allow",
            "Principal": the_account,
            "Action": [
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
            ],
            "Resource": "*",
            "Condition": {"StringEquals": through_services},
        },
        {
            # ECR and SageMaker work with the key by grants that they make for themselves
            "Sid": "GrantsForServices",
            "Effect": "Allow",
            "Principal": the_account,
            "Action": ["kms:CreateGrant", "kms:RetireGrant"],
            "Resource": "*",
            "Condition": {
                "StringEquals": through_services,
                "Bool": {"kms:GrantIsForAWSResource": "true"},
            },
        },
    ]
