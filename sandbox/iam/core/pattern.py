"""Wildcards: `*` stands for any run of characters, `?` for one."""

import re
import string
from functools import lru_cache

from sandbox.iam.core.truth import Truth, every, unclear

_FIELDS = 6  # arn:partition:service:region:account:resource; the resource may hold colons
# Not str.lower(): it would make the Kelvin sign a k, and AWS would not.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def lower(text: str) -> str:
    """ASCII letters in lower case."""
    return text.translate(_LOWER)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text is one that the pattern stands for; case counts."""
    return _compiled(pattern).fullmatch(text) is not None


def text_matches(pattern: str, text: str) -> Truth:
    """`matches`, for a pattern that may hold a policy variable."""
    return unclear(f"the policy variable in {pattern}") if "${" in pattern else matches(pattern, text)


def arn_matches(pattern: str, arn: str) -> Truth:
    """Whether a pattern of ARNs covers one.

    Whether a star may stand for a colon, and what an ARN that lacks fields stands for, AWS's guide leaves open
    (reference_policies_elements_resource.html): where the readings differ, it is unclear.
    """
    if pattern == "*":
        return True
    if "${" in pattern:
        return unclear(f"the policy variable in {pattern}")
    whole = matches(pattern, arn)
    fields = pattern.split(":", _FIELDS - 1)
    if len(fields) < _FIELDS:
        fields += ["*"] * (_FIELDS - len(fields))
    actual = arn.split(":", _FIELDS - 1)
    by_field = len(actual) == _FIELDS and every(map(matches, fields, actual)) is True
    return whole if whole == by_field else unclear(f"the ARN {pattern}, which may be read in two ways")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile("".join(parts), re.DOTALL)
