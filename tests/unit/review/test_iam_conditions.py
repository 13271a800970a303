"""An Allow may not lose or loosen a condition, and a Deny may not gain one."""

import pytest

from modeldelivery.review.core.iam.diff import compare
from tests.unit.review.iam_policies import (
    KEYS,
    OTHER,
    UNKNOWN,
    B,
    allow,
    deny,
    kinds,
    policy,
    under,
    widenings,
)

ONE, TWO = ("1",), ("1", "2")
KEY = "aws:SourceAccount"


@pytest.mark.parametrize(
    ("old", "new", "widened"),
    [
        (under("StringEquals", KEY, *ONE), {}, True),
        ({}, under("StringEquals", KEY, *ONE), False),
        (under("StringEquals", KEY, *ONE), under("StringEquals", KEY, *TWO), True),
        (under("StringEquals", KEY, *TWO), under("StringEquals", KEY, *ONE), False),
        (under("StringNotEquals", KEY, *ONE), under("StringNotEquals", KEY, *TWO), False),
        (under("StringNotEquals", KEY, *TWO), under("StringNotEquals", KEY, *ONE), True),
        (under("StringEquals", KEY, *ONE), under("StringEqualsIfExists", KEY, *ONE), True),
        (under("StringEqualsIfExists", KEY, *ONE), under("StringEquals", KEY, *ONE), False),
        (under("StringEquals", KEY, *ONE), under("StringEquals", "aws:PrincipalAccount", *ONE), True),
        (under("StringEquals", KEY, *ONE), under("StringNotEquals", KEY, *ONE), True),
        (under("StringEquals", KEY, "a"), under("StringEquals", KEY, "A"), True),
        (under("StringEqualsIgnoreCase", KEY, "a"), under("StringEqualsIgnoreCase", KEY, "A"), False),
        (under("StringEquals", KEY, "a*"), under("StringEquals", KEY, "ab"), True),
        (under("StringLike", KEY, "a*"), under("StringLike", KEY, "ab?"), False),
        (under("StringLike", KEY, "a*"), under("StringEquals", KEY, "ab"), False),
        (under("StringEquals", KEY, "a*"), under("StringLike", KEY, "a*"), True),
        (under("StringNotLike", KEY, "ab"), under("StringNotLike", KEY, "a*"), False),
        (under("StringNotLike", KEY, "a*"), under("StringNotLike", KEY, "ab"), True),
        (under("ForAnyValue:StringEquals", KEY, *TWO), under("ForAnyValue:StringEquals", KEY, *ONE), False),
        (under("ForAnyValue:StringEquals", KEY, *ONE), under("ForAllValues:StringEquals", KEY, *ONE), True),
        (under("StringEquals", KEY, *ONE), under("ForAllValues:StringEquals", KEY, *ONE), True),
        (
            under("ForAllValues:StringNotEquals", KEY, *ONE),
            under("ForAllValues:StringNotEquals", KEY, *TWO),
            True,
        ),
        (
            under("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
            under("IpAddress", "aws:SourceIp", "10.1.0.0/16"),
            False,
        ),
        (
            under("IpAddress", "aws:SourceIp", "10.1.0.0/16"),
            under("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
            True,
        ),
        (under("IpAddress", "aws:SourceIp", "10.0.0.0/8"), under("IpAddress", "aws:SourceIp", "::/0"), True),
        (under("IpAddress", "aws:SourceIp", "10.0.0.0/8"), under("IpAddress", "aws:SourceIp", "junk"), True),
        (
            under("NotIpAddress", "aws:SourceIp", "10.1.1.1"),
            under("NotIpAddress", "aws:SourceIp", "10.0.0.0/8"),
            False,
        ),
        (under("NumericLessThan", "s3:max-keys", 10), under("NumericLessThan", "s3:max-keys", 9.5), False),
        (under("NumericLessThan", "s3:max-keys", 9), under("NumericLessThan", "s3:max-keys", 10), True),
        (
            under("NumericGreaterThan", "s3:max-keys", 9),
            under("NumericGreaterThan", "s3:max-keys", 10),
            False,
        ),
        (under("ArnLike", KEY, "arn:aws:s3:::*"), under("ArnEquals", KEY, B), False),
        (under("ArnLike", KEY, "arn:aws:*:b"), under("ArnLike", KEY, "arn:aws:s3:::b"), True),
        (under("ArnEquals", KEY, KEYS), under("ArnLike", KEY, KEYS), False),
        (under("Null", KEY, "true"), under("Null", KEY, "false"), True),
        (under("DateLessThan", KEY, "2026-01-01"), under("DateLessThan", KEY, "2025-01-01"), True),
        (under("Unheard", KEY, *TWO), under("Unheard", KEY, *ONE), True),
        (under("Unheard", KEY, *ONE), under("Unheard", KEY, *ONE), False),
        (under("StringEquals", KEY), under("StringEquals", KEY, *ONE), True),
        (under("StringEquals", KEY, *ONE), under("StringEquals", KEY), True),
    ],
)
def test_an_allow_may_not_lose_or_loosen_a_condition(old, new, widened):
    assert kinds(policy(allow(**old)), policy(allow(**new))) == (["condition"] if widened else [])
    assert kinds(policy(deny(**new)), policy(deny(**old))) == (["denial"] if widened else [])


def test_the_dropped_condition_is_named():
    old = policy(allow(**under("StringEquals", KEY, OTHER)))
    assert widenings(old, policy(allow())) == {("condition", f"StringEquals {KEY} {OTHER}")}


def test_a_loosened_condition_is_shown_beside_the_old_one():
    old = policy(allow(**under("StringEquals", KEY, "1")))
    widened = compare(old, policy(allow(**under("StringEquals", KEY, "1", "2"))), UNKNOWN).widened
    assert widened[0].detail.endswith(
        f"without the condition StringEquals {KEY} 1; it is now StringEquals {KEY} 1, 2"
    )
