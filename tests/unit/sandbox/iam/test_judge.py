"""Who may do what: each sentence of AWS's evaluation logic, on the smallest policies that show it."""

import pytest

from sandbox.iam.core.access import Caller, Principal
from sandbox.iam.core.judge import judge
from tests.unit.sandbox.iam.policies import (
    ELSEWHERE,
    HOME,
    OBJECT,
    ROLE,
    ROOT,
    SESSION,
    allow,
    deny,
    need,
    owned,
    role,
    to,
    when,
)

ADMINISTRATOR = Caller(Principal(f"arn:aws:iam::{HOME}:user/staging", HOME), administrator=True)


def test_without_a_policy_nothing_is_allowed():
    decision = judge(role(), need(), owned())
    assert not decision.allowed
    assert decision.reason == "because no identity-based policy allows the s3:GetObject action"


def test_an_identity_policy_allows():
    assert judge(role(allow()), need(), owned()).allowed


def test_an_explicit_deny_wins_over_an_allowance_and_names_its_statement():
    decision = judge(role(allow(), deny(Sid="Never")), need(), owned())
    assert not decision.allowed
    assert decision.reason == "with an explicit deny in an identity-based policy"
    assert decision.statement == "Never of the policy p of role deploy"


def test_a_resource_policys_deny_wins_over_an_administrator():
    decision = judge(ADMINISTRATOR, need(), owned(deny(**to("*"))))
    assert decision.reason == "with an explicit deny in a resource-based policy"


@pytest.mark.parametrize("name", [ROLE, SESSION, "*"])
def test_in_one_account_the_resource_policy_alone_allows_whom_it_names(name):
    assert judge(role(), need(), owned(allow(**to(name)))).allowed


def test_naming_the_account_allows_nobody_by_itself():
    assert not judge(role(), need(), owned(allow(**to(ROOT)))).allowed


@pytest.mark.parametrize("name", [ROOT, HOME])
def test_across_accounts_both_sides_must_allow(name):
    there = owned(allow(**to(name)), account=ELSEWHERE)
    assert judge(role(allow()), need(), there).allowed
    assert not judge(role(), need(), there).allowed
    decision = judge(role(allow()), need(), owned(account=ELSEWHERE))
    assert decision.reason == "because no resource-based policy allows the s3:GetObject action"


def test_a_denial_for_an_account_is_for_everyone_in_it():
    assert not judge(role(allow()), need(), owned(deny(**to(ROOT)))).allowed


def test_the_public_is_not_judged_across_accounts():
    decision = judge(role(allow()), need(), owned(allow(**to("*")), account=ELSEWHERE))
    assert decision.unclear == ("the public's access by statement 1",)


def test_a_gated_resource_is_closed_without_its_own_policys_word():
    decision = judge(
        role(allow()), need(), owned(allow(**to("arn:aws:iam::111111111111:role/x")), gated=True)
    )
    assert decision.reason == "because no resource-based policy allows the s3:GetObject action"


def test_a_gated_resource_that_names_the_account_leaves_it_to_the_accounts_policies():
    key = owned(allow(**to(ROOT)), gated=True)
    assert judge(role(allow()), need(), key).allowed
    assert not judge(role(), need(), key).allowed


def test_a_service_is_allowed_by_name():
    service = Caller(Principal("sagemaker.amazonaws.com", "", kind="Service"))
    trust = owned(allow(**to("sagemaker.amazonaws.com", kind="Service")), gated=True)
    assert judge(service, need(), trust).allowed
    assert not judge(service, need(), owned(allow(**to(ROOT)), gated=True)).allowed


@pytest.mark.parametrize(
    ("statement", "action", "resource", "fits"),
    [
        ({"Action": "s3:Get*"}, "s3:GetObject", OBJECT, True),
        ({"Action": "S3:GETOBJECT"}, "s3:GetObject", OBJECT, True),
        ({"Action": ["s3:PutObject", "s3:GetObjec?"]}, "s3:GetObject", OBJECT, True),
        ({"Action": "s3:GetObject"}, "s3:GetObjectVersion", OBJECT, False),
        ({"NotAction": "s3:Put*"}, "s3:GetObject", OBJECT, True),
        ({"NotAction": "s3:Get*"}, "s3:GetObject", OBJECT, False),
        ({"Action": "*", "Resource": "arn:aws:s3:::b/*"}, "s3:GetObject", "arn:aws:s3:::b", False),
        ({"Action": "*", "Resource": "arn:aws:s3:::B/*"}, "s3:GetObject", OBJECT, False),
        ({"Action": "*", "Resource": "arn:aws:s3:::?/k"}, "s3:GetObject", OBJECT, True),
        ({"Action": "*", "NotResource": "arn:aws:s3:::b/*"}, "s3:GetObject", OBJECT, False),
        ({"Action": "*", "NotResource": "arn:aws:s3:::c/*"}, "s3:GetObject", OBJECT, True),
        ({"Action": "*", "Resource": "*"}, "kms:CreateKey", "*", True),
        ({"Action": "*", "Resource": "arn:aws:kms:*:*:key/*"}, "kms:CreateKey", "*", False),
    ],
)
def test_wildcards_stand_for_what_they_should(statement, action, resource, fits):
    caller = role({"Effect": "Allow", "Resource": "*", **statement}
                  if "NotResource" not in statement else {"Effect": "Allow", **statement})  # fmt: skip
    assert judge(caller, need(action, resource), owned()).allowed is fits


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        (when("NumericLessThan", "s3:max-keys", "5"), "the condition operator NumericLessThan"),
        (when("ForSomeValues:StringEquals", "aws:TagKeys", "a"), "the condition operator ForSomeValues:StringEquals"),
        (when("NullIfExists", "aws:TagKeys", "true"), "the condition operator NullIfExists"),
        (when("StringEquals", "aws:SourceVpc", "vpc-1"), "the condition key aws:SourceVpc"),
        (when("StringEquals", "a:k", "${aws:username}"), "the policy variable in ${aws:username}"),
        (when("StringEquals", "a:many", "x"), "StringEquals a:many on several values, without ForAllValues or ForAnyValue"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_what_would_decide_and_cannot_be_judged_is_named(condition, name, effect):
    statements = [allow(**condition)] if effect == "Allow" else [allow(), deny(**condition)]
    decision = judge(role(*statements), need(a__k="v", a__many=("x", "y")), owned())
    assert not decision.allowed
    assert decision.unclear == (name,)


def test_what_cannot_be_judged_and_does_not_decide_is_passed_over():
    unclear = when("NumericLessThan", "s3:max-keys", "5")
    assert judge(role(allow(), allow(**unclear)), need(), owned()).allowed
    assert judge(role(allow(), deny("s3:PutObject", **unclear)), need(), owned()).allowed
    denied = judge(role(allow(), deny(), deny(**unclear)), need(), owned())
    assert denied.statement
    false = when("StringEquals", "a:k", "w")["Condition"] | unclear["Condition"]
    assert judge(role(allow(), deny(Condition=false)), need(a__k="v"), owned()).allowed


@pytest.mark.parametrize(
    ("condition", "keys", "holds"),
    [
        (when("StringEquals", "a:k", "x", "v"), {"a__k": "v"}, True),
        (when("StringEquals", "A:K", "v"), {"a__k": "v"}, True),
        (when("StringEquals", "a:k", "V"), {"a__k": "v"}, False),
        (when("StringEqualsIgnoreCase", "a:k", "V"), {"a__k": "v"}, True),
        (when("StringEquals", "a:k", "v"), {"a__k": None}, False),
        (when("StringEqualsIfExists", "a:k", "v"), {"a__k": None}, True),
        (when("StringNotEquals", "a:k", "v"), {"a__k": None}, True),
        (when("StringNotEquals", "a:k", "v", "w"), {"a__k": "w"}, False),
        (when("StringLike", "a:k", "v*"), {"a__k": "vw"}, True),
        (when("StringNotLike", "a:k", "v*"), {"a__k": "vw"}, False),
        (when("ArnLike", "a:k", "arn:aws:s3:::*"), {"a__k": "arn:aws:s3:::b"}, True),
        (when("ArnEquals", "a:k", "arn:aws:s3:::b"), {"a__k": "arn:aws:s3:::c"}, False),
        (when("ArnNotEquals", "a:k", "arn:aws:s3:::b"), {"a__k": "arn:aws:s3:::c"}, True),
        (when("Bool", "a:k", "true"), {"a__k": "true"}, True),
        ({"Condition": {"Bool": {"a:k": True}}}, {"a__k": "true"}, True),
        (when("Bool", "a:k", "true"), {"a__k": None}, False),
        (when("Null", "a:k", "true"), {"a__k": None}, True),
        (when("Null", "a:k", "false"), {"a__k": None}, False),
        (when("ForAnyValue:StringEquals", "a:k", "v"), {"a__k": ("w", "v")}, True),
        (when("ForAllValues:StringEquals", "a:k", "v"), {"a__k": ("w", "v")}, False),
        (when("ForAllValues:StringEquals", "a:k", "v"), {"a__k": None}, True),
        (when("ForAnyValue:StringEquals", "a:k", "v"), {"a__k": None}, False),
    ],
)  # fmt: skip
def test_conditions_hold_when_they_should(condition, keys, holds):
    assert judge(role(allow(**condition)), need(**keys), owned()).allowed is holds
    assert judge(role(allow(), deny(**condition)), need(**keys), owned()).allowed is not holds
