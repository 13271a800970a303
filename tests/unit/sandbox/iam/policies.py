"""Policies and callers in few words."""

import json

from sandbox.iam.core.access import Caller, Context, Need, Owned, Principal
from sandbox.iam.core.document import read

HOME, ELSEWHERE = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{HOME}:role/deploy"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/deploy/job"
ROOT = f"arn:aws:iam::{HOME}:root"
OBJECT = "arn:aws:s3:::b/k"


def document(*statements, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


def policy(*statements, name="the policy p of role deploy"):
    return read(document(*statements), name)


def allow(action="s3:GetObject", resource=OBJECT, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action="s3:GetObject", resource=OBJECT, **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def to(*names, kind="AWS"):
    return {"Principal": {kind: list(names)}}


def when(operator, key, *values):
    return {"Condition": {operator: {key: list(values)}}}


def role(*statements):
    """A session of a role with one policy, or none."""
    return Caller(Principal(SESSION, HOME, role=ROLE), (policy(*statements),) if statements else ())


def owned(*statements, account=HOME, gated=False):
    held = policy(*statements, name="the policy of bucket b") if statements else None
    return Owned(account, held, gated)


def need(action="s3:GetObject", resource=OBJECT, **keys):
    """Keys as `aws__SourceArn="…"`: a colon is no Python."""
    return Need(
        action, resource, Context({name.replace("__", ":").lower(): value for name, value in keys.items()})
    )
