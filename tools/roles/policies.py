"""Each role's policy, as it is derived and as it is committed."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from modeldelivery.release.naming import Place
from tools.roles.derive import Grant, grants, policy
from tools.roles.flows import DEPLOY, GATES, ROLES, TEARDOWN, TRAINER
from tools.roles.resources import BUILD, TRAINING, resources
from tools.roles.site import PLACE, ROOT
from tools.roles.unseen import unseen_of

FOLDER = ROOT / "docs" / "roles"
# Most characters, white space left out, of all inline policies of a role, and of one managed policy (IAM's quotas).
MOST, MOST_MANAGED = 10_240, 6_144

# Who has another role's policies beside its own.
_BESIDE = {TEARDOWN: DEPLOY, GATES: TRAINER}
# Roles that there are only where the model is trained: they have one policy each.
_OF_TRAINING = {TRAINER, GATES}
_TRAINING, _BUILD = "-training", "-build"  # ends of a policy's name that a role has only there

# Services that there is something of only where tags are built, and to which roles are handed only there.
_SERVICES_OF_BUILDS = frozenset({"codebuild", "codeconnections", "codepipeline", "events", "logs"})
_PASSED = "iam:PassedToService"
_PASSED_BY_BUILDS = frozenset({"codebuild.amazonaws.com", "codepipeline.amazonaws.com"})
# … and to which they are handed only where the model is trained.
_PASSED_BY_TRAINING = frozenset({"scheduler.amazonaws.com"})

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
    """The policies by name: of each role, and what it may beside where the model is trained, and where tags are built.

    Who has another's policies too has a policy of the rest: who takes an environment down may deploy, whose gates approve may
    train.
    """
    named, recorded = resources(PLACE), list(calls)
    granted = {
        role: {
            part for each in grants(needs_of(role, recorded), named) for part in _by_service_passed_to(each)
        }
        | unseen_of(role, named)
        for role in ROLES
    }
    for role, other in _BESIDE.items():
        granted[role] -= granted[other]
    parts: dict[str, set[Grant]] = {}
    for role, given in granted.items():
        training = set() if role in _OF_TRAINING else {each for each in given if _is_of_training(each)}
        everywhere, builds = set[Grant](), set[Grant]()
        for each in given - training:
            (builds if _is_of_builds(each) else everywhere).add(each)
        parts |= {role: everywhere, role + _TRAINING: training, role + _BUILD: builds}
    return {name: policy(part) for name, part in parts.items() if part}


def _by_service_passed_to(grant: Grant) -> list[Grant]:
    """A role that is handed to services of builds, of training and to others: each is of its own."""
    passed = next((values for key, values in grant.conditions if key[1] == _PASSED), ())
    others = frozenset(passed) - _PASSED_BY_BUILDS - _PASSED_BY_TRAINING
    parts = [
        values
        for services in (_PASSED_BY_BUILDS, _PASSED_BY_TRAINING, others)
        if (values := tuple(each for each in passed if each in services))
    ]
    return [
        grant._replace(
            conditions=tuple((key, values if key[1] == _PASSED else given) for key, given in grant.conditions)
        )
        for values in parts
    ] or [grant]


def _passed_to(grant: Grant) -> set[str]:
    """The services to which a role is handed."""
    return {each for key, values in grant.conditions if key[1] == _PASSED for each in values}


def _is_of_training(grant: Grant) -> bool:
    """Whether something is taken only where the model is trained."""
    return grant.resource.name in TRAINING or bool(_passed_to(grant) & _PASSED_BY_TRAINING)


def _is_of_builds(grant: Grant) -> bool:
    """Whether something is taken only where tags are built."""
    return (
        grant.resource.name in BUILD
        or grant.action.partition(":")[0] in _SERVICES_OF_BUILDS
        or bool(_passed_to(grant) & _PASSED_BY_BUILDS)
    )


def committed() -> dict[str, dict[str, Any]]:
    """The policies in docs/roles, by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def names(policies: Iterable[str], role: str, *, trains: bool = True, builds: bool = True) -> list[str]:
    """Of the policies that a role is given, in an environment that trains, or builds, or in another."""
    own = [_BESIDE[role], role] if role in _BESIDE else [role]
    ends = [end for end, there in ((_TRAINING, trains), (_BUILD, builds)) if there]
    return own + [name + end for end in ends for name in own if name + end in policies]


def managed(policies: Iterable[str], role: str) -> list[str]:
    """Of a role's policies those that are attached to it, because its inline policies have no room for them.

    That is what it has beside another's, and what it has only where tags are built.
    """
    return [
        name
        for name in names(policies, role)
        if (role in _BESIDE and name.startswith(role)) or name.endswith(_BUILD)
    ]


def attached(
    policies: Mapping[str, Mapping[str, Any]], role: str, *, trains: bool = True, builds: bool = True
) -> list[Mapping[str, Any]]:
    """The policies that a role is given."""
    return [policies[name] for name in names(policies, role, trains=trains, builds=builds)]


def write(policies: Mapping[str, Mapping[str, Any]]) -> None:
    """Write docs/roles."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for name, document in policies.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")


def placed(document: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """A committed policy with another environment's words in the place of production's: model, environment, account, region."""
    text = json.dumps(document)
    for theirs, ours in (
        (PLACE.account, place.account),
        (PLACE.region, place.region),
        (PLACE.endpoint, place.endpoint),
        (f"{PLACE.model}-", f"{place.model}-"),
        (f'"{PLACE.model}"', f'"{place.model}"'),
        (f'"{PLACE.environment}"', f'"{place.environment}"'),
    ):
        text = text.replace(theirs, ours)
    return dict(json.loads(text))
