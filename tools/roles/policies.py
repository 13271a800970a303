"""Each role's policy, as it is derived and as it is committed."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tools.roles.derive import Grant, grants, policy
from tools.roles.flows import DEPLOY, GATES, ROLES, TEARDOWN, TRAINER
from tools.roles.resources import TRAINING, resources
from tools.roles.site import PLACE, ROOT
from tools.roles.unseen import unseen_of

FOLDER = ROOT / "docs" / "roles"
# Most characters, white space left out, of all inline policies of a role, and of one managed policy (IAM's quotas).
MOST, MOST_MANAGED = 10_240, 6_144

# Who has another role's policies beside its own.
_BESIDE = {TEARDOWN: DEPLOY, GATES: TRAINER}
# Roles that there are only where the model is trained: they have one policy each.
_OF_TRAINING = {TRAINER, GATES}
_SUFFIX = "-training"  # of a policy that a role has only there

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
    """The policies by name: of each role, and what it may beside where the model is trained.

    Who has another's policies too has a policy of the rest: who takes an environment down may deploy, whose gates approve may
    train.
    """
    named, recorded = resources(PLACE), list(calls)
    granted = {role: grants(needs_of(role, recorded), named) | unseen_of(role, named) for role in ROLES}
    for role, other in _BESIDE.items():
        granted[role] -= granted[other]
    parts: dict[str, set[Grant]] = {}
    for role, given in granted.items():
        training = (
            set() if role in _OF_TRAINING else {each for each in given if each.resource.name in TRAINING}
        )
        parts |= {role: given - training, role + _SUFFIX: training}
    return {name: policy(part) for name, part in parts.items() if part}


def committed() -> dict[str, dict[str, Any]]:
    """The policies in docs/roles, by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def names(policies: Iterable[str], role: str, *, trains: bool = True) -> list[str]:
    """Of the policies that a role is given, in an environment that trains or in another."""
    own = [_BESIDE[role], role] if role in _BESIDE else [role]
    training = [name + _SUFFIX for name in own if name + _SUFFIX in policies]
    return own + training if trains else own


def managed(policies: Iterable[str], role: str) -> list[str]:
    """Of a role's policies those that are attached to it: what it has beside another's, which its inline policies have no room for."""
    return [name for name in names(policies, role) if role in _BESIDE and name.startswith(role)]


def attached(
    policies: Mapping[str, Mapping[str, Any]], role: str, *, trains: bool = True
) -> list[Mapping[str, Any]]:
    """The policies that a role is given."""
    return [policies[name] for name in names(policies, role, trains=trains)]


def write(policies: Mapping[str, Mapping[str, Any]]) -> None:
    """Write docs/roles."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for name, document in policies.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
