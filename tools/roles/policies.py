"""Each role's policy, as it is derived and as it is committed."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tools.roles.derive import grants, policy
from tools.roles.flows import DEPLOY, ROLES, TEARDOWN
from tools.roles.resources import resources
from tools.roles.site import PLACE, ROOT
from tools.roles.unseen import unseen_of

FOLDER = ROOT / "docs" / "roles"
# Most characters, white space left out, of all inline policies of a role (IAM's quotas).
MOST = 10_240

Call = Mapping[str, Any]


def needs_of(role: str, calls: Iterable[Call]) -> list[Mapping[str, Any]]:
    """What a role's calls took, of the sandbox's record; one that was denied shows nothing."""
    return [
        need
        for call in calls
        if call["role"].rpartition("/")[2] == role and not call["denied"]
        for need in call["needs"]
    ]


def derived(calls: Iterable[Call]) -> dict[str, dict[str, Any]]:
    """The policies by role. Who takes an environment down may deploy too: that part is in the other policy."""
    named, recorded = resources(PLACE), list(calls)
    granted = {role: grants(needs_of(role, recorded), named) | unseen_of(role, named) for role in ROLES}
    granted[TEARDOWN] -= granted[DEPLOY]
    return {role: policy(granted[role]) for role in ROLES}


def committed() -> dict[str, dict[str, Any]]:
    """The policies in docs/roles, by role."""
    return {role: json.loads((FOLDER / f"{role}.json").read_text()) for role in ROLES}


def attached(policies: Mapping[str, Mapping[str, Any]], role: str) -> list[Mapping[str, Any]]:
    """The policies that a role is given."""
    return [policies[DEPLOY], policies[TEARDOWN]] if role == TEARDOWN else [policies[role]]


def write(policies: Mapping[str, Mapping[str, Any]]) -> None:
    """Write docs/roles."""
    FOLDER.mkdir(exist_ok=True)
    for role, document in policies.items():
        (FOLDER / f"{role}.json").write_text(json.dumps(document, indent=2) + "\n")
