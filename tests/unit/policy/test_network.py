"""Every namespace of a stack is closed, but for what a rule names."""

import copy

import pytest

from modeldelivery.policy.rules.network import CLOSED_NETWORK
from tests.unit.policy.found import whats
from tests.unit.policy.manifests import as_resource
from tests.unit.review.manifests import NAME, declared

BOTH = [f"{NAME}: Ingress", f"{NAME}: Egress"]


def told(*edits):
    manifests = copy.deepcopy(declared())
    for edit in edits:
        edit(manifests)
    return whats(CLOSED_NETWORK, *(as_resource(each) for each in manifests.values()))


def policy(manifests, name="nothing"):
    return manifests[f"NetworkPolicy {name}"]["spec"]


def test_what_the_program_declares_is_closed():
    assert told() == []


def test_a_namespace_that_no_policy_closes_is_found():
    def without(manifests):
        for key in [key for key in manifests if key.startswith("NetworkPolicy")]:
            del manifests[key]

    assert told(without) == BOTH


def test_a_policy_of_some_pods_closes_no_namespace():
    def some(manifests):
        for key in [key for key in manifests if key.startswith("NetworkPolicy")]:
            manifests[key]["spec"]["podSelector"] = {"matchLabels": {"app": "x"}}

    assert told(some) == BOTH


def test_a_policy_of_another_namespace_closes_this_one_not():
    def elsewhere(manifests):
        for key in [key for key in manifests if key.startswith("NetworkPolicy")]:
            manifests[key]["metadata"]["namespace"] = "other"

    assert told(elsewhere) == BOTH


@pytest.mark.parametrize(("direction", "rules"), [("Ingress", "ingress"), ("Egress", "egress")])
def test_a_rule_that_lets_everything_through_is_found(direction, rules):
    assert told(lambda it: policy(it).update({rules: [{}]})) == [f"{direction}: everything"]


def test_pods_in_a_namespace_that_somebody_else_made_are_closed_too():
    def foreign(manifests):
        for key in [key for key in manifests if not key.startswith("Deployment")]:
            del manifests[key]

    assert told(foreign) == BOTH
