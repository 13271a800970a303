"""An environment's whole life, every role with exactly its committed policies."""

import copy
import json
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from modeldelivery.release.errors import DeliveryError
from sandbox.iam.core.access import Caller, Context, Need, Owned, Principal
from sandbox.iam.core.document import read
from sandbox.iam.core.judge import judge
from tools.roles.flows import ROLES, STEPS, TEARDOWN
from tools.roles.policies import attached, committed
from tools.roles.site import PLACE, FlowError

ARN = f"arn:aws:iam::{PLACE.account}:role/"


@dataclass
class Life:
    """What happened, step by step."""

    site: object
    calls: list = field(default_factory=list)  # of the steps alone, not of what was tried beside them
    needs: dict = field(default_factory=dict)  # step → the permissions that it took
    survived: list = field(default_factory=list)  # what a role did without something that its policy gives
    untouched: list = field(default_factory=list)  # what was tried so, and asked for it not even once
    strays: dict = field(default_factory=dict)  # another's work → how it was refused


def live(site, tries=lambda _: (), stray=None):
    """Run all steps. Before each, try it without each action that `tries(step)` names as (number of a policy, Sid, action)."""
    policies, life, before = committed(), Life(site), 0
    for role in ROLES:
        site.give(role, *attached(policies, role, trains=False, builds=False))
    for step in STEPS:
        whole = attached(policies, step.role, trains=step.trains, builds=step.builds)
        for lacking in tries(step):
            site.give(step.role, *without(whole, *lacking))
            before = last(site, before)
            if _works(site, step):
                life.survived.append((step.role, step.what, *lacking))
            if not any(call["denied"] for call in site.calls(before)):
                life.untouched.append((step.role, step.what, *lacking))
            if step.renew:
                step.renew(site)
        site.give(step.role, *whole)
        if stray and step.role == TEARDOWN:
            for role in ROLES:
                site.give(role, *attached(policies, role))
            life.strays, stray = stray(site), None
        before = last(site, before)
        step.run(site)
        made = [call for call in site.calls(before) if call["role"] == ARN + step.role]
        life.calls += made
        life.needs[step] = [need for call in made for need in call["needs"]]
    return life


def _works(site, step):
    """Whether a step comes to its end; one that leaves the state locked does not: nobody can deploy after it."""
    try:
        step.run(site)
    except (FlowError, ClientError, DeliveryError):
        site.unlock()
        return False
    return not site.unlock()


def last(site, since):
    """The number of the newest call."""
    return max((call["n"] for call in site.calls(since)), default=since)


def actions(role, *, trains=True, builds=True):
    """Every action of a role's policies, as (number of the policy, Sid, action)."""
    return [
        (number, statement["Sid"], action)
        for number, policy in enumerate(attached(committed(), role, trains=trains, builds=builds))
        for statement in policy["Statement"]
        for action in statement["Action"]
    ]


def without(policies, number, sid, action):
    """The policies without one action of one statement; without the statement when it has no other."""
    left = copy.deepcopy(list(policies))
    for statement in left[number]["Statement"]:
        if statement["Sid"] == sid:
            statement["Action"].remove(action)
    left[number]["Statement"] = [each for each in left[number]["Statement"] if each["Action"]]
    return [each for each in left if each["Statement"]]


def missed(needs, policies, role, lacking):
    """Whether one of the permissions that were taken is refused when the policies lack an action."""
    left = without(policies, *lacking)
    return any(denies(left, role, need) for need in needs if need["action"] == lacking[2])


def denies(policies, role, need):
    """Whether these policies refuse a permission that was recorded; the resource's own policy leaves it to them."""
    caller = Caller(
        Principal(f"{ARN}{role}", PLACE.account, role=ARN + role),
        tuple(read(json.dumps(policy), f"policy {number}") for number, policy in enumerate(policies)),
    )
    keys = {key: tuple(value) if isinstance(value, list) else value for key, value in need["keys"].items()}
    context = Context(keys, tuple(need["families"]))
    return not judge(caller, Need(need["action"], need["resource"], context), Owned(PLACE.account)).allowed
