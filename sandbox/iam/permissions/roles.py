"""IAM and STS: roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from collections.abc import Iterator

from sandbox.iam.core.access import Context, Need
from sandbox.iam.operation import Operation
from sandbox.iam.permissions.rule import Estate, Rule, Rules, request_tags

_OF_ROLE = (
    *("GetRole", "DeleteRole", "UpdateRole", "UpdateAssumeRolePolicy"),
    *("PutRolePolicy", "GetRolePolicy", "DeleteRolePolicy", "ListRolePolicies"),
    *("AttachRolePolicy", "DetachRolePolicy", "ListAttachedRolePolicies"),
    *("ListInstanceProfilesForRole", "TagRole", "UntagRole", "ListRoleTags"),
    *("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
)


def _context(operation: Operation) -> Context:
    named = {
        "iam:policyarn": operation.text("PolicyArn") or None,
        "iam:permissionsboundary": operation.text("PermissionsBoundary") or None,
    }
    return Context(named) | request_tags(operation, "Tags")


def _of_role(call: str) -> Rule:
    def rule(operation: Operation, estate: Estate) -> Iterator[Need]:
        arn = estate.role_arn(operation.account, operation.text("RoleName"))
        yield Need(f"iam:{call}", arn, _context(operation))

    return rule


def _create_role(operation: Operation, _: Estate) -> Iterator[Need]:
    path = operation.text("Path") or "/"
    arn = f"arn:aws:iam::{operation.account}:role{path}{operation.text('RoleName')}"
    yield Need("iam:CreateRole", arn, _context(operation))
    if operation.members.get("Tags"):
        yield Need("iam:TagRole", arn, request_tags(operation, "Tags"))


def _assume_role(operation: Operation, _: Estate) -> Iterator[Need]:
    context = Context(
        {
            "sts:externalid": operation.text("ExternalId") or None,
            "sts:rolesessionname": operation.text("RoleSessionName") or None,
            "sts:sourceidentity": operation.text("SourceIdentity") or None,
        }
    )
    yield Need("sts:AssumeRole", operation.text("RoleArn"), context)


def _nothing(_: Operation, __: Estate) -> Iterator[Need]:
    """Who one is, everybody may ask, even who is denied it (API_GetCallerIdentity.html)."""
    yield from ()


IAM: Rules = {**{call: _of_role(call) for call in _OF_ROLE}, "CreateRole": _create_role}
STS: Rules = {"AssumeRole": _assume_role, "GetCallerIdentity": _nothing}
