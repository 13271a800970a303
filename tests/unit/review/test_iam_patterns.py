"""One pattern covers another only where each text that it matches is matched; overlapping is exact."""

from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldelivery.review.core.iam.patterns import arn_covers, arn_overlaps, covers, overlaps
from tests.unit.review.iam_policies import steady
from tests.unit.review.oracle import matches

pattern = st.text("ab*?", max_size=4)
PATTERNS = ["".join(letters) for length in range(5) for letters in product("ab*?", repeat=length)]
# Two such patterns with a star each need no longer text than what else is in both: aaa* and *bbb meet in aaabbb.
TEXTS = ["".join(letters) for length in range(7) for letters in product("abc", repeat=length)]


@cache
def matched(pattern):
    """The texts that it matches, by the oracle."""
    return frozenset(text for text in TEXTS if matches(pattern, text))


@steady
@given(pattern, pattern)
def test_what_is_covered_is_matched(wide, narrow):
    assert matched(narrow) <= matched(wide) or not covers(wide, narrow)


@steady
@given(pattern, pattern)
def test_patterns_overlap_exactly_where_a_text_matches_both(left, right):
    assert overlaps(left, right) == (not matched(left).isdisjoint(matched(right)))


@pytest.mark.soak
def test_all_short_patterns_overlap_and_cover_by_the_texts_that_they_match():
    for left, right in product(PATTERNS, repeat=2):
        assert overlaps(left, right) == (not matched(left).isdisjoint(matched(right))), (left, right)
        assert matched(right) <= matched(left) or not covers(left, right), (left, right)


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("*", "", True),
        ("*", "a?*", True),
        ("?", "*", False),
        ("a*b", "a*b*b", True),
        ("a*b", "ab*", False),
        ("a?*", "ab*", True),
        ("*a*", "bab", True),
        ("?b", "ab", True),
        ("ab", "?b", False),
        ("a.c", "abc", False),
        ("**", "*", True),
        ("", "", True),
        ("", "*", False),
        ("?", "é", False),  # AWS may count bytes
        ("*", "é", True),
    ],
)
def test_a_pattern_covers_another(wide, narrow, covered):
    assert covers(wide, narrow) is covered


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("*", "arn:aws:s3:::b", True),
        ("arn:aws:s3:::*", "arn:aws:s3:::b/x:y", True),
        ("arn:aws:s3:*", "arn:aws:s3:::b", True),
        ("arn:aws:*:b", "arn:aws:s3:::b", False),
        ("arn:*:*:*:*:*", "arn:aws:s3:::b", True),
        ("arn:aws:s3*", "arn:aws:s3", True),
        ("arn:aws:sqs:eu:1:*", "arn:aws:sqs", False),
        ("arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::${aws:username}/x", True),
    ],
)
def test_arns_are_compared_field_by_field(wide, narrow, covered):
    assert arn_covers(wide, narrow) is covered


def test_arns_overlap_where_either_reading_does():
    assert arn_overlaps("arn:aws:sqs", "arn:aws:sqs:eu:1:q")
    assert arn_overlaps("arn:aws:*:q", "arn:aws:sqs:eu:1:q")
    assert not arn_overlaps("arn:aws:s3:::a/*", "arn:aws:s3:::b/*")


@steady
@given(st.lists(pattern, min_size=2, max_size=4), st.lists(pattern, min_size=2, max_size=4))
def test_an_arn_that_is_covered_is_matched_in_both_readings(wide, narrow):
    wide_arn, narrow_arn = ":".join(wide), ":".join(narrow)
    if wide_arn == narrow_arn or not arn_covers(wide_arn, narrow_arn):
        return
    texts = [":".join(parts) for parts in product(["", "a", "ab", "ba"], repeat=len(narrow))]
    for text in texts:
        if matches(narrow_arn, text):
            assert matches(wide_arn, text)
