"""A namespace whose network is closed, but for what a rule names."""

from collections.abc import Iterator

from modeldelivery.catalogue.pods import pod_specs
from modeldelivery.catalogue.tokens import NAMESPACE, NETWORK_POLICY, is_of_a_cluster
from modeldelivery.policy.finding import Finding, Found, Level, StackRule
from modeldelivery.policy.manifest import at, listed
from modeldelivery.policy.stack import Resource, Stack

_DIRECTIONS = {"Ingress": ("ingress", "from", "in"), "Egress": ("egress", "to", "out")}
_FIX = "`components.kubernetes.namespace.network_policies`: one policy that closes every pod, others that name peer and port"


def _judge(stack: Stack) -> Found:
    policies = list(stack.of(NETWORK_POLICY))
    for name, resource in _namespaces(stack).items():
        closed = {
            direction
            for policy in policies
            if at(policy.props, "metadata", "namespace") == name and not _chosen(policy)
            for direction in listed(at(policy.props, "spec", "policyTypes"))
        }
        for direction in [each for each in _DIRECTIONS if each not in closed]:
            yield Finding(
                resource=resource,
                what=f"{name}: {direction}",
                text=f"no policy closes every pod of the namespace {name} for {direction}.",
                fix=_FIX,
            )
    for policy in policies:
        yield from _everything(policy)


def _namespaces(stack: Stack) -> dict[object, Resource]:
    """Those that the stack makes or puts pods into, each with a resource to speak of."""
    named: dict[object, Resource] = {}
    for each in stack.resources:
        if not is_of_a_cluster(each.type):
            continue
        metadata = each.props.get("metadata")
        if each.type == NAMESPACE:
            named[at(metadata, "name")] = each
        elif any(pod_specs(each.props)):
            named.setdefault(at(metadata, "namespace") or "default", each)
    return named


def _chosen(policy: Resource) -> bool:
    """Whether it is of some pods only."""
    selector = at(policy.props, "spec", "podSelector")
    return bool(at(selector, "matchLabels") or at(selector, "matchExpressions"))


def _everything(policy: Resource) -> Iterator[Finding]:
    for direction, (rules, peers, way) in _DIRECTIONS.items():
        for rule in listed(at(policy.props, "spec", rules)):
            if not at(rule, peers) and not at(rule, "ports"):
                yield Finding(
                    resource=policy,
                    what=f"{direction}: everything",
                    text=f"{policy.name} lets everything {way}: a rule of it names neither peer nor port.",
                    fix=_FIX,
                )


CLOSED_NETWORK = StackRule(
    name="closed-network",
    level=Level.MANDATORY,
    reason="What no policy selects may be reached from every pod of the cluster, and reach all the world.",
    fix="a NetworkPolicy for every pod of the namespace and both directions; each other rule names a peer or a port",
    judge=_judge,
)
