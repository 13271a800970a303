"""The role of AWS that model servers' Pods have: read the model's archive, and nothing else."""

import json
from typing import TypedDict

import pulumi
import pulumi_aws as aws

_PODS = "pods.eks.amazonaws.com"


class PodRoleArgs(TypedDict):
    """What the role may reach."""

    account: str
    region: str
    bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]


class PodRole(pulumi.ComponentResource):
    """The role; `arn` is known once it may do its work.

    EKS' Pod Identity takes it on for Pods of an associated service account:
    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-association.html
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: PodRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-delivery:index:PodRole", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": _PODS},
                    "Action": ["sts:AssumeRole", "sts:TagSession"],
                    "Condition": {"StringEquals": {"aws:SourceAccount": args["account"]}},
                }
            ],
        }
        role = aws.iam.Role(name, assume_role_policy=json.dumps(trust), opts=inside)
        statements = [
            {
                "Sid": "Artifacts",
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": pulumi.Output.format("arn:aws:s3:::{0}/artifacts/*", args["bucket"]),
            },
            {
                "Sid": "ArtifactsKey",
                "Effect": "Allow",
                "Action": ["kms:Decrypt"],
                "Resource": args["key_arn"],
                "Condition": {"StringEquals": {"kms:ViaService": f"s3.{args['region']}.amazonaws.com"}},
            },
        ]
        policy = aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements}),
            opts=inside,
        )
        self.arn = pulumi.Output.all(role.arn, policy.id).apply(lambda values: str(values[0]))
        self.register_outputs({"arn": self.arn})
