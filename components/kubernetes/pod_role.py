"""The role of AWS that model servers' Pods have: read the model's archive, and nothing else."""

from typing import TypedDict

import pulumi

from components.service_role import service_role
from components.statements import reads_artifacts

_PODS = "pods.eks"


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
        self.arn = service_role(
            name,
            _PODS,
            args["account"],
            reads_artifacts(args["bucket"], args["key_arn"], args["region"]),
            inside,
            actions=["sts:AssumeRole", "sts:TagSession"],  # Pod Identity's sessions say whose Pod it is
        )
        self.register_outputs({"arn": self.arn})
