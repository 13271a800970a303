"""What gives permissions without a policy of its own, and IAM types of which nobody knows what they give."""

import pytest

from modeldelivery.catalogue.table import kind_of
from modeldelivery.review.core.document import State
from modeldelivery.review.core.permissions import permission_changes
from modeldelivery.review.core.touched import Effect, Touched

GRANTS = [
    ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"policyArn"}),
    ("aws:iam/policyAttachment:PolicyAttachment", {"policyArn", "roles", "users", "groups"}),
    ("aws:iam/role:Role", {"managedPolicyArns"}),
    ("aws:lambda/permission:Permission", {"principal", "action", "sourceArn"}),
    ("aws:kms/grant:Grant", {"granteePrincipal", "operations"}),
    ("aws:cloudwatch/eventPermission:EventPermission", {"principal", "action"}),
]
STRANGE = [
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/user:User",
    "aws:iam/new:New",
]


def created(type_, **inputs):
    urn = f"urn:pulumi:prod::model-delivery::{type_}::new"
    return Touched(
        urn=urn,
        kind=kind_of(type_),
        type=type_,
        effect=Effect.CREATE,
        old=None,
        new=State(urn=urn, type=type_, custom=True, inputs=inputs),
        reasons=frozenset(),
        forced=frozenset(),
    )


@pytest.mark.parametrize(("type_", "properties"), GRANTS)
def test_each_property_that_grants_widens_what_is_allowed(type_, properties):
    widened = list(permission_changes(created(type_, **dict.fromkeys(properties, "given"))))
    assert {each.property for each in widened if each.widened} == properties
    assert not any(each.unknown for each in widened)


@pytest.mark.parametrize("type_", STRANGE)
def test_what_an_iam_type_grants_of_which_nobody_knows_cannot_be_told(type_):
    assert any(each.unknown for each in permission_changes(created(type_, name="it")))


@pytest.mark.parametrize("type_", ["aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"])
def test_what_a_policy_without_statements_grants_can_be_told(type_):
    assert list(permission_changes(created(type_, name="it"))) == []
