"""Policies to compare, in few words, and what a comparison finds in fewer."""

from hypothesis import settings

from modeldelivery.review.core.iam.diff import compare
from tests.examples import examples

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
B, KEYS = "arn:aws:s3:::b", "arn:aws:s3:::b/*"
OTHER = "222222222222"
steady = settings(max_examples=examples(300))


def policy(*statements, **more):
    return {"Version": "2012-10-17", "Statement": list(statements), **more}


def allow(action="s3:GetObject", resource=KEYS, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action="s3:*", resource=KEYS, **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trust(principal, **more):
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}


def under(operator, key, *values):
    return {"Condition": {operator: {key: list(values)}}}


def kinds(old, new):
    return sorted({each.kind for each in compare(old, new, UNKNOWN).widened})


def widenings(old, new):
    return {(each.kind, each.what) for each in compare(old, new, UNKNOWN).widened}


def is_unchanged(old, new):
    return not compare(old, new, UNKNOWN).changed
