"""What a new policy allows that the old one did not is found, by meaning and not by text."""

import copy
import json

import pytest

from components.bucket import _only_over_tls
from components.key import key_policy
from components.service_role import trust as sagemaker_trust
from modeldelivery.review.core.iam.diff import compare
from tests.unit.review.iam_policies import (
    KEYS,
    OTHER,
    UNKNOWN,
    B,
    allow,
    deny,
    is_unchanged,
    kinds,
    policy,
    trust,
    under,
    widenings,
)
from tests.unit.review.oracle import ROLE, SERVICE

# What is the same


SAME = [
    (policy(allow()), policy(allow(["s3:GetObject"], [KEYS]))),
    (policy(allow()), {"Version": "2012-10-17", "Statement": allow()}),
    (policy(allow(), allow("s3:PutObject")), policy(allow("s3:PutObject"), allow())),
    (policy(allow(), allow("s3:PutObject")), policy(allow(["s3:PutObject", "s3:GetObject"]))),
    (policy(allow("s3:*"), allow()), policy(allow("s3:*"))),
    (policy(allow(resource=[B, KEYS])), policy(allow(resource=B), allow(resource=KEYS))),
    (policy(allow("s3:getobject")), policy(allow("S3:GetObject"))),
    (policy(allow(Sid="A"), Id="x"), policy(allow(Sid="B"), Id="y")),
    (policy(allow()), policy(allow(), Version="2008-10-17")),
    (policy(allow()), json.dumps(policy(allow()), indent=3)),
    (policy(allow(resource="a**")), policy(allow(resource="a*"))),
    (policy(trust("*")), policy(trust({"AWS": ["*"]}))),
    (policy(trust({"AWS": OTHER})), policy(trust({"AWS": f"arn:aws:iam::{OTHER}:root"}))),
    (
        policy(allow(**under("StringEquals", "aws:SourceAccount", OTHER))),
        policy(allow(Condition={"StringEquals": {"AWS:sourceaccount": OTHER}})),
    ),
    (
        policy(allow(Condition={"Bool": {"aws:SecureTransport": True}})),
        policy(allow(Condition={"Bool": {"aws:SecureTransport": "true"}})),
    ),
    (policy(allow(Condition={})), policy(allow())),
    (policy(), None),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_another_way_to_say_the_same_is_no_change(old, new):
    assert is_unchanged(old, new)
    assert is_unchanged(new, old)


# What is new: which dimension


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (policy(allow()), policy(allow(["s3:GetObject", "s3:PutObject"])), {("action", "s3:putobject")}),
        (policy(allow()), policy(allow(resource=[KEYS, B])), {("resource", B)}),
        (policy(allow()), policy(allow("s3:*")), {("action", "s3:*"), ("wildcard", "s3:*")}),
        (policy(allow()), policy(allow(resource="*")), {("resource", "*"), ("wildcard", "*")}),
        (policy(allow("s3:Get*")), policy(allow("s3:*")), {("action", "s3:*"), ("wildcard", "s3:*")}),
        (policy(allow("s3:*")), policy(allow("s3:Get*")), set()),
        (
            policy(allow(resource="*")),
            policy(allow("iam:PassRole", "*"), allow()),
            {("action", "iam:passrole")},
        ),
        (policy(trust({"AWS": OTHER})), policy(trust({"AWS": [OTHER, ROLE]})), {("principal", ROLE)}),
        (policy(trust({"AWS": OTHER})), policy(trust("*")), {("principal", "*"), ("wildcard", "*")}),
        (
            policy(trust({"AWS": OTHER})),
            policy(trust({"Service": SERVICE})),
            {("principal", f"Service {SERVICE}")},
        ),
        (policy(trust("*")), policy(trust({"Service": SERVICE})), {("principal", f"Service {SERVICE}")}),
        (
            policy(allow(), allow("s3:PutObject", B)),
            policy(allow(), allow("s3:PutObject", [B, KEYS])),
            {("resource", KEYS)},
        ),
        (None, policy(allow()), {("action", "s3:getobject"), ("resource", KEYS), ("wildcard", KEYS)}),
    ],
)
def test_what_is_new_is_named(old, new, expected):
    assert widenings(old, new) >= expected
    assert {kind for kind, _ in widenings(old, new)} == {kind for kind, _ in expected}


def test_naming_a_role_is_new_though_its_account_was_named():
    """The account's own policies had to grant it; now they need not."""
    assert kinds(policy(trust({"AWS": "111111111111"})), policy(trust({"AWS": ROLE}))) == ["principal"]


def test_actions_and_resources_that_meet_for_the_first_time_are_new():
    old = policy(allow("s3:GetObject", B), allow("s3:PutObject", KEYS))
    new = policy(allow(["s3:GetObject", "s3:PutObject"], [B, KEYS]))
    assert widenings(old, new) == {("resource", B), ("resource", KEYS)}


def test_a_statement_that_names_no_principal_is_not_covered_by_one_that_does():
    assert kinds(policy(allow(Principal="*")), policy(allow())) == ["principal"]


def test_resources_differ_by_case():
    assert kinds(policy(allow(resource=B)), policy(allow(resource=B.upper()))) == ["resource"]


def test_a_star_does_not_swallow_another_field_of_an_arn():
    old, new = policy(allow(resource="arn:aws:sqs:*:q:*:*")), policy(allow(resource="arn:aws:sqs:eu:1:q:x:x"))
    assert kinds(old, new) == ["resource"]


def test_the_statement_is_named_by_its_sid_or_its_number():
    widened = compare(None, policy(allow(Sid="Reads"), allow("s3:PutObject")), UNKNOWN).widened
    assert {each.statement for each in widened} == {"Reads", "statement 2"}


def test_the_detail_is_a_sentence():
    new = policy({**trust("*"), "Action": "s3:GetObject", "Resource": KEYS})
    details = {each.detail for each in compare(None, new, UNKNOWN).widened}
    assert details == {f"Principal * may now s3:getobject on {KEYS}"}


def test_a_sentence_names_three_of_many():
    new = policy(allow([f"s3:Get{n}" for n in range(9)], "x"))
    details = [each.detail for each in compare(None, new, UNKNOWN).widened if each.kind == "resource"]
    assert details == ["Whoever has this policy may now s3:get0, s3:get1, s3:get2, 6 more on x"]


# Denials


def test_a_dropped_denial_counts_though_nothing_is_allowed_here():
    widened = compare(policy(deny(Sid="No")), None, UNKNOWN).widened
    assert [(each.kind, each.statement) for each in widened] == [("denial", "No")]
    assert widened[0].what == f"Whoever has this policy may not s3:* on {KEYS}"


def test_only_the_lost_part_of_a_denial_is_named():
    widened = compare(policy(deny(resource=[B, KEYS])), policy(deny(resource=B)), UNKNOWN).widened
    assert [each.what for each in widened] == [f"Whoever has this policy may not s3:* on {KEYS}"]


def test_a_denial_with_more_conditions_denies_less():
    assert kinds(policy(deny()), policy(deny(**under("Bool", "aws:SecureTransport", "false")))) == ["denial"]


def test_a_wider_denial_narrows():
    difference = compare(policy(deny("s3:Put*")), policy(deny("s3:*")), UNKNOWN)
    assert (difference.widened, difference.narrowed, difference.changed) == ((), True, True)


def test_less_is_narrower():
    difference = compare(policy(allow(["s3:GetObject", "s3:PutObject"])), policy(allow()), UNKNOWN)
    assert (difference.widened, difference.narrowed) == ((), True)


# Not…


def but(element, value, effect="Allow"):
    whole = {"Effect": effect, "Action": "s3:*", "Resource": KEYS}
    whole.pop(element)
    return policy({**whole, f"Not{element}": value})


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (but("Action", "iam:*"), policy(allow()), []),
        (but("Action", "s3:Get*"), policy(allow()), ["action"]),
        (but("Action", ["iam:*", "s3:Put*"]), policy(allow("s3:*")), ["action", "wildcard"]),
        (but("Action", "iam:*"), but("Action", ["iam:*", "s3:*"]), []),
        (but("Action", ["iam:*", "s3:*"]), but("Action", "iam:*"), ["action", "wildcard"]),
        (but("Action", "iam:Get*"), but("Action", "iam:*"), []),
        (policy(allow("*")), but("Action", "iam:*"), []),
        (policy(allow("s3:*")), but("Action", "iam:*"), ["action", "wildcard"]),
        (but("Resource", "arn:aws:s3:::c/*"), policy(allow("s3:*", KEYS)), []),
        (but("Resource", "arn:aws:s3:::?/x"), policy(allow("s3:*", KEYS)), ["resource", "wildcard"]),
        (but("Action", "s3:Get*", "Deny"), but("Action", "s3:*", "Deny"), ["denial"]),
        (but("Action", "s3:*", "Deny"), but("Action", "s3:Get*", "Deny"), []),
    ],
)
def test_all_but_some_is_compared_in_the_safe_direction(old, new, expected):
    assert kinds(old, new) == expected


def test_not_principal_never_surely_covers_a_named_one():
    old = policy({"Effect": "Allow", "Action": "s3:*", "Resource": KEYS, "NotPrincipal": {"AWS": OTHER}})
    assert kinds(old, policy(allow(Principal={"AWS": ROLE}))) == ["principal"]


# Variables and versions


def test_a_literal_star_is_no_wildcard():
    assert kinds(policy(allow(resource="a/${*}")), policy(allow(resource="a/${aws:username}"))) == [
        "resource"
    ]


def test_a_variable_is_opaque():
    assert is_unchanged(
        policy(allow(resource="a/${aws:username}")), policy(allow(resource="a/${aws:username}"))
    )
    assert kinds(policy(allow(resource="a/*")), policy(allow(resource="a/${aws:username}/x"))) == []
    assert kinds(policy(allow(resource="a/????")), policy(allow(resource="a/${x}"))) == ["resource"]


def test_a_variable_may_be_what_is_excepted():
    old = but("Resource", "a/${aws:username}")
    assert "resource" in kinds(old, policy(allow("s3:*", "a/bob")))


def test_another_version_matters_only_where_variables_are():
    named = policy(allow(resource="a/${aws:username}"))
    assert kinds(named, {**named, "Version": "2008-10-17"}) == ["unreadable"]
    older = policy(allow())
    del older["Version"]
    assert is_unchanged(older, policy(allow()))


# Policies of this project


KEY_POLICY = key_policy("111111111111", "eu-west-1")


def changed(number, **elements):
    """The key's policy with one statement changed; None drops the element."""
    new = copy.deepcopy(KEY_POLICY)
    for element, value in elements.items():
        if value is None:
            del new["Statement"][number][element]
        else:
            new["Statement"][number][element] = value
    return new


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (KEY_POLICY, set()),
        (
            changed(0, Action="kms:*"),
            {("action", "kms:*", "Administration"), ("wildcard", "kms:*", "Administration")},
        ),
        (
            changed(0, Principal="*"),
            {("principal", "*", "Administration"), ("wildcard", "*", "Administration")},
        ),
        (changed(0, Principal={"AWS": "111111111111"}), set()),
        (
            changed(2, Condition={"StringEquals": KEY_POLICY["Statement"][1]["Condition"]["StringEquals"]}),
            {("condition", "Bool kms:GrantIsForAWSResource true", "GrantsForServices")},
        ),
    ],
)
def test_what_changes_of_the_keys_policy_is_found(new, expected):
    differences = compare(json.dumps(KEY_POLICY), json.dumps(new), UNKNOWN).widened
    assert {(each.kind, each.what, each.statement) for each in differences} == expected


def test_using_the_key_past_the_services_is_found():
    widened = compare(KEY_POLICY, changed(1, Condition=None), UNKNOWN).widened
    assert [(each.kind, each.statement) for each in widened] == [("condition", "UseThroughServices")]
    assert widened[0].what.startswith("StringEquals kms:ViaService s3.eu-west-1.amazonaws.com, ecr.")


def test_a_denial_of_plain_http_that_is_dropped_is_found():
    mine = allow(Principal={"AWS": ROLE})
    widened = compare(policy(_only_over_tls("b"), mine), policy(mine), UNKNOWN).widened
    assert [(each.kind, each.statement) for each in widened] == [("denial", "OnlyOverTls")]
    assert widened[0].what == f"Principal * may not s3:* on {B}, {KEYS} if Bool aws:SecureTransport false"


def test_a_trust_that_forgets_the_account_is_found():
    new = sagemaker_trust("111111111111")
    del new["Statement"][0]["Condition"]
    assert widenings(sagemaker_trust("111111111111"), new) == {
        ("condition", "StringEquals aws:SourceAccount 111111111111")
    }
