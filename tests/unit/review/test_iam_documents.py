"""What is not known covers nothing; what is no policy is refused, and so is what would take too long."""

import json

import pytest

from modeldelivery.review.core.iam import diff as iam
from modeldelivery.review.core.iam.diff import PolicyError, compare
from tests.unit.review.iam_policies import OTHER, UNKNOWN, allow, deny, kinds, policy, trust, under, widenings

# What is not known yet


@pytest.mark.parametrize(
    ("old", "new"), [(policy(allow()), UNKNOWN), (UNKNOWN, policy(allow())), (None, UNKNOWN)]
)
def test_a_document_that_is_not_known_is_never_unchanged(old, new):
    difference = compare(old, new, UNKNOWN)
    assert (difference.widened, difference.unknown, difference.changed) == ((), True, True)


def test_a_text_with_a_hole_where_json_should_be_is_not_known():
    assert compare(None, f'{{"Version": "2012-10-17", "Statement": {UNKNOWN}}}', UNKNOWN).unknown


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (policy(allow()), policy(allow(resource=f"arn:aws:s3:::{UNKNOWN}/artifacts/*")), ["unreadable"]),
        (policy(allow(resource="arn:aws:s3:::*")), policy(allow(resource=f"arn:aws:s3:::{UNKNOWN}/x")), []),
        (policy(allow(resource="arn:aws:s3:::*")), policy(allow(resource=UNKNOWN)), ["unreadable"]),
        (policy(allow(resource="*")), policy(allow(resource=UNKNOWN)), []),
        (policy(allow()), policy(allow(["s3:GetObject", "kms:Decrypt"], UNKNOWN)), ["action", "unreadable"]),
        (policy(allow("s3:*")), policy(allow(f"s3:{UNKNOWN}")), []),
        (policy(trust({"AWS": OTHER})), policy(trust({"AWS": UNKNOWN})), ["unreadable"]),
        (policy(trust("*")), policy(trust({"AWS": UNKNOWN})), []),
        (policy(trust("*")), policy(trust(UNKNOWN)), ["unreadable"]),
        (policy(allow()), policy(allow(), UNKNOWN), ["unreadable"]),
        (policy(allow()), policy(allow(Effect=UNKNOWN)), []),
        (policy(deny()), policy(deny(Effect=UNKNOWN)), ["action", "denial", "resource", "wildcard"]),
        (policy(deny()), policy(deny(Condition=UNKNOWN)), ["denial"]),
        (
            policy(allow(**under("StringEquals", "aws:SourceAccount", "1"))),
            policy(allow(Condition=UNKNOWN)),
            ["condition"],
        ),
        (
            policy(allow(**under("Bool", "aws:SecureTransport", UNKNOWN))),
            policy(allow(**under("Bool", "aws:SecureTransport", UNKNOWN))),
            ["unreadable"],
        ),
        (policy(allow(resource=UNKNOWN)), policy(allow(resource=UNKNOWN)), ["unreadable"]),
        (None, policy(allow(resource=UNKNOWN)), ["action", "resource"]),
    ],
)
def test_what_is_not_known_covers_nothing_and_is_covered_by_what_covers_all(old, new, expected):
    difference = compare(old, new, UNKNOWN)
    assert sorted({each.kind for each in difference.widened}) == expected
    assert difference.unknown


# What is no policy


def broken(**more):
    return policy({**allow(), **more})


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("{", "the new policy is not JSON"),
        ("", "the new policy is not JSON"),
        ("null", "the new policy is no object"),
        ("[]", "the new policy is no object"),
        (7, "the new policy is no object"),
        ("[" * 100_000, "nested too deep"),
        ('{"Statement": [NaN]}', "it has NaN"),
        ('{"Statement": [], "Statement": []}', "'Statement' 2 times in one object"),
        (json.dumps(policy(allow()))[:-2] + ', {"Effect": "Deny", "Effect": "Allow"}]}', "'Effect' 2 times"),
        ({"Version": "2012-10-17"}, "the new policy has no Statement"),
        (policy(allow(), Version="2012-10-18"), "Version '2012-10-18' is neither"),
        (policy(allow(), statement=[]), "an element 'statement', which is not known"),
        (policy("x"), "the new policy, statement 1 is no object"),
        (broken(Sid=3), "statement 1: Sid is no string"),
        (broken(Effect="allow"), "Effect 'allow' is neither Allow nor Deny"),
        (broken(Actions="s3:*"), "statement 1 has an element 'Actions', which is not known"),
        (broken(Sid="Reads", Resource=[]), r"the new policy, statement 1 \(Reads\): Resource is empty"),
        (broken(NotAction="s3:*"), "has both Action and NotAction"),
        (broken(NotResource="*"), "has both Resource and NotResource"),
        (broken(Principal="*", NotPrincipal="*"), "has both Principal and NotPrincipal"),
        (policy({"Effect": "Allow", "Resource": "*"}), "has neither Action nor NotAction"),
        (broken(Action=[]), "Action is empty"),
        (broken(Action=[3]), "Action is neither a string nor a list"),
        (broken(Resource={"a": 1}), "Resource is neither a string nor a list"),
        (broken(Principal="me"), "neither . nor an object"),
        (broken(Principal={}), "Principal is empty"),
        (broken(Principal={"aws": "*"}), "an element 'aws', which is not known"),
        (broken(Condition=[]), "Condition is no object"),
        (broken(Condition={"Bool": {}}), "Condition Bool names no key"),
        (broken(Condition={"Bool": "true"}), "Condition Bool is no object"),
        (broken(Condition={"Bool": {"k": {}}}), "Condition Bool k is neither"),
        (broken(Condition={"Bool": {"k": "true", "K": "false"}}), "Condition has Bool K twice"),
    ],
)
def test_a_document_that_is_no_policy_is_refused_by_name(document, sentence):
    with pytest.raises(PolicyError, match=sentence):
        compare(None, document, UNKNOWN)


def test_the_old_document_is_named_too():
    with pytest.raises(PolicyError, match="the old policy is not JSON"):
        compare("{", policy(allow()), UNKNOWN)


# Limits


@pytest.mark.parametrize(
    "document",
    [
        json.dumps(policy(allow(["s3:Get"] * 200_000))),
        policy(allow(["s3:Get"] * 200_000)),
        policy(allow(resource="a" * 20_000)),
    ],
)
def test_a_document_that_is_too_big_is_refused(document):
    with pytest.raises(PolicyError, match=r"are compared|too many to compare"):
        compare(None, document, UNKNOWN)


def test_a_long_pattern_is_compared_at_once():
    wide, narrow = policy(allow(resource="*a?" * 3_000 + "b")), policy(allow(resource="aa*" * 3_000 + "c"))
    assert kinds(wide, narrow) == ["resource", "wildcard"]


def test_a_thousand_statements_are_compared_at_once():
    old = [allow(f"s3:Get{n}*", f"arn:aws:s3:::b{n}/*", Sid=f"S{n}") for n in range(1_000)]
    new = [*old[::-1], allow("s3:GetX", "arn:aws:s3:::b7/x")]
    assert widenings(policy(*old), policy(*new)) == {("action", "s3:getx")}
    narrower = [allow(f"s3:Get{n}a*", f"arn:aws:s3:::b{n}/a*") for n in range(1_000)]
    assert compare(policy(*old), policy(*narrower), UNKNOWN).widened == ()


def test_what_would_take_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(iam, "MAX_STEPS", 100_000)
    old = policy(allow([f"*{n:x}*{n}*" for n in range(4_000)]))
    new = policy(allow([f"*{n:x}?{n}*" for n in range(4_000)]))
    with pytest.raises(PolicyError, match="too intricate"):
        compare(old, new, UNKNOWN)
