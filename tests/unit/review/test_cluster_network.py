"""What a cluster's network lets through that it did not: all policies of a namespace together."""

import copy

import pytest

from modeldelivery.review.core.cluster.network import opened
from modeldelivery.review.core.document import UNKNOWN
from modeldelivery.review.core.touched import Effect
from tests.unit.review.manifests import declared, resource

POLICIES = {
    key.partition(" ")[2]: each for key, each in declared().items() if key.startswith("NetworkPolicy")
}
CIDR = {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}


def sentences(after, before=POLICIES, effect=None):
    """Of the policies `before` and `after`, by name."""
    touched = [
        resource(before.get(name), after.get(name), effect) for name in dict.fromkeys((*before, *after))
    ]
    return [sentence for several in opened(touched).values() for sentence in several]


def with_(name, **spec):
    """The declared policies, one of them with other parts of its `spec`, or one more."""
    changed = copy.deepcopy(POLICIES)
    metadata = {"name": name, "namespace": "flights-edge-prod"}
    base = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": {"podSelector": {}},
    }
    changed[name] = changed.get(name, base)
    changed[name]["spec"] |= spec
    return changed


def to(*peers, **port):
    return {"egress": [{"to": list(peers), **({"ports": [port]} if port else {})}], "policyTypes": ["Egress"]}


def test_the_first_policies_of_a_namespace_close_it():
    assert sentences(POLICIES, before={}) == []


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"ingress": [{}], "policyTypes": ["Ingress"]}, "pods may be reached from anywhere"),
        ({"ingress": [{}]}, "pods may be reached from anywhere"),
        ({"egress": [{}], "policyTypes": ["Egress"]}, "pods may reach anything"),
        (to(CIDR), "pods may reach 10.0.0.0/8 without 10.1.0.0/16"),
        (
            to(CIDR, protocol="UDP", port=100, endPort=200),
            "pods may reach 10.0.0.0/8 without 10.1.0.0/16, UDP port 100 to 200",
        ),
        (
            {"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "x"}}}]}]},
            "pods may be reached from pods with app=x of the namespace",
        ),
        (
            {"ingress": [{"from": [{"namespaceSelector": {}}]}]},
            "pods may be reached from all pods of all namespaces",
        ),
    ],
)
def test_a_policy_that_lets_more_through_opens_the_network(spec, told):
    assert sentences(with_("more", **spec)) == [told]


def test_a_rule_that_no_longer_names_its_peer_or_its_port_is_wider():
    assert sentences(with_("from-gateway", ingress=[{"ports": [{"protocol": "TCP", "port": 8080}]}])) == [
        "pods may be reached from anywhere, TCP port 8080"
    ]
    gateway = POLICIES["from-gateway"]["spec"]["ingress"][0]["from"]
    assert sentences(with_("from-gateway", ingress=[{"from": gateway}])) == [
        "pods may be reached from all pods of namespaces with kubernetes.io/metadata.name=gateways"
    ]


def test_without_the_policy_that_closes_pods_they_are_still_closed_by_others():
    assert sentences({name: each for name, each in POLICIES.items() if name != "nothing"}) == []


def test_without_any_policy_of_a_direction_it_is_open():
    left = {name: each for name, each in POLICIES.items() if name == "from-gateway"}
    assert set(sentences(left)) == {"pods may reach anything"}
    assert set(sentences({})) == {"pods may reach anything", "pods may be reached from anywhere"}


def test_a_policy_that_closes_fewer_pods_opens_the_others():
    some = copy.deepcopy(POLICIES)
    for each in some.values():
        each["spec"]["podSelector"] = {"matchLabels": {"model-delivery/version": "v1.0.0"}}
    assert set(sentences(some)) == {"pods may reach anything", "pods may be reached from anywhere"}


def test_a_policy_that_is_in_another_namespace_from_now_on_opens_this_one():
    moved = copy.deepcopy(POLICIES)
    for each in moved.values():
        each["metadata"]["namespace"] = "elsewhere"
    assert set(sentences(moved)) == {"pods may reach anything", "pods may be reached from anywhere"}


@pytest.mark.parametrize(
    "narrower",
    [
        to({"ipBlock": {"cidr": "10.2.0.0/16"}}, protocol="TCP", port=450),
        to(
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "10.2.0.0/16"]}},
            protocol="TCP",
            port=443,
        ),
        to(CIDR, protocol="TCP", port=450, endPort=450),
        to({**CIDR}, protocol="TCP", port=450),
    ],
)
def test_what_was_let_through_already_is_not_new(narrower):
    wide = with_("more", **to(CIDR, protocol="TCP", port=400, endPort=500))
    assert sentences(with_("more", **narrower), before=wide) == []


@pytest.mark.parametrize(
    "wider",
    [
        to({"ipBlock": {"cidr": "10.0.0.0/8"}}),
        to({"ipBlock": {"cidr": "10.0.0.0/7", "except": ["10.1.0.0/16"]}}),
        to({"ipBlock": {"cidr": "::/0"}}),
        to({"ipBlock": {"cidr": "what"}}),
    ],
)
def test_addresses_that_were_left_out_are_new(wider):
    assert len(sentences(with_("more", **wider), before=with_("more", **to(CIDR)))) == 1


def test_a_policy_that_leaves_management_stays_in_the_cluster():
    assert sentences({}, effect=Effect.ABANDON) == []


def test_a_policy_that_is_not_known_yet_is_told():
    (told,) = sentences(with_("from-gateway", ingress=UNKNOWN))
    assert told == "what it lets through is known only after the update"
