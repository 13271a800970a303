"""The role that deploys an environment, as docs/ci.md has a person make it once, for the environment's own build to take on."""

import json
from typing import Any

from modeldelivery.release.naming import Place
from tools.roles.flows import DEPLOY
from tools.roles.policies import committed, managed, names, placed

ROLE = "model-delivery-deploy"
_VERSION = "2012-10-17"


def make(iam: Any, place: Place) -> str:
    """Have the role with the committed policies and no others; its ARN.

    Args:
        iam: a client of the environment's account.
        place: of the environment.
    """
    trust = json.dumps({"Version": _VERSION, "Statement": [trusted(place)]})
    try:
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
    except iam.exceptions.EntityAlreadyExistsException:
        iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust)
    policies = committed()
    for name in names(policies, DEPLOY):
        document = json.dumps(placed(policies[name], place))
        if name in managed(policies, DEPLOY):
            _attach(iam, place, f"{ROLE}-{name}", document)
        else:
            iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=document)
    return f"arn:aws:iam::{place.account}:role/{ROLE}"


def trusted(place: Place) -> dict[str, Any]:
    """Whom the role trusts: the builds of the stage deploy, whose role's name ends by chance."""
    builds = f"arn:aws:iam::{place.account}:role/{place.build_pipeline}-deploy-*"
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{place.account}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnLike": {"aws:PrincipalArn": builds}},
    }


def _attach(iam: Any, place: Place, name: str, document: str) -> None:
    """A policy of its own, for what an inline one has no room for."""
    arn = f"arn:aws:iam::{place.account}:policy/{name}"
    try:
        iam.create_policy(PolicyName=name, PolicyDocument=document)
    except iam.exceptions.EntityAlreadyExistsException:
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
