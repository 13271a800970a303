"""What a cluster's network lets through after a change that it did not before: all policies of a namespace together.

A pod that no policy selects for a direction is open in it; one that some do lets through what any of them allows
(https://kubernetes.io/docs/concepts/services-networking/network-policies/). So a policy that goes may close or open, and one
that comes too. Sound and not complete: the same written otherwise may be told, nothing new is passed over.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from modeldelivery.catalogue.tokens import NETWORK_POLICY
from modeldelivery.review.core.cluster import selectors
from modeldelivery.review.core.cluster.values import Manifest, at, listed, mapping
from modeldelivery.review.core.document import holds_unknown
from modeldelivery.review.core.touched import Effect, Touched

_DIRECTIONS = {"Ingress": ("ingress", "from"), "Egress": ("egress", "to")}
_SENTENCES = {"Ingress": "pods{} may be reached from {}{}", "Egress": "pods{} may reach {}{}"}
_ANY: dict[str, Any] = {}
_UNKNOWN = "what it lets through is known only after the update"


class _Isolation(NamedTuple):
    """Pods that a policy closes in one direction, but for what is allowed."""

    policy: str
    namespace: str
    direction: str
    pods: Any

    def concerns(self, other: "_Isolation | _Allowance") -> bool:
        return (self.namespace, self.direction) == (other.namespace, other.direction)


class _Allowance(NamedTuple):
    """One peer on one port that some pods may reach or be reached from."""

    policy: str
    namespace: str
    direction: str
    pods: Any
    peer: Manifest
    port: Manifest

    def covers(self, other: "_Allowance") -> bool:
        return (
            (self.namespace, self.direction) == (other.namespace, other.direction)
            and selectors.covers(self.pods, other.pods)
            and _peer_covers(self.peer, other.peer)
            and _port_covers(self.port, other.port)
        )


def opened(resources: Sequence[Touched]) -> Mapping[str, tuple[str, ...]]:
    """Sentences on what is open and was not, by the URN of the policy that opens it."""
    policies = [each for each in resources if each.type == NETWORK_POLICY]
    sentences: dict[str, list[str]] = defaultdict(list)
    for each in policies:
        if each.new and each.changed and holds_unknown(each.after):
            sentences[each.urn].append(_UNKNOWN)
    was = [(each.urn, each.before) for each in policies if each.old]
    # What leaves management stays in the cluster.
    will = [(each.urn, each.before) for each in policies if each.effect is Effect.ABANDON]
    will += [(each.urn, each.after) for each in policies if each.new]
    closed, still = list(_isolations(was)), list(_isolations(will))
    for lost in closed:
        if not any(other.concerns(lost) and selectors.covers(other.pods, lost.pods) for other in still):
            sentences[lost.policy].append(
                _sentence(lost.direction, lost.pods, _peer(_ANY, lost.direction), "")
            )
    allowed = list(_allowances(was))
    for new in _allowances(will):
        was_open = not any(
            other.concerns(new) and not selectors.apart(other.pods, new.pods) for other in closed
        )
        if not was_open and not any(other.covers(new) for other in allowed):
            sentences[new.policy].append(
                _sentence(new.direction, new.pods, _peer(new.peer, new.direction), _port(new.port))
            )
    return {urn: tuple(dict.fromkeys(several)) for urn, several in sentences.items()}


def _isolations(policies: Iterable[tuple[str, Manifest]]) -> Iterator[_Isolation]:
    for urn, manifest in policies:
        for direction in _directions(mapping(manifest.get("spec"))):
            yield _Isolation(urn, _namespace(manifest), direction, at(manifest, "spec", "podSelector"))


def _allowances(policies: Iterable[tuple[str, Manifest]]) -> Iterator[_Allowance]:
    for urn, manifest in policies:
        spec = mapping(manifest.get("spec"))
        for direction in _directions(spec):
            rules, peers = _DIRECTIONS[direction]
            for rule in listed(spec.get(rules)):
                for peer, port in product(
                    listed(mapping(rule).get(peers)) or [_ANY], listed(mapping(rule).get("ports")) or [_ANY]
                ):
                    yield _Allowance(
                        urn,
                        _namespace(manifest),
                        direction,
                        spec.get("podSelector"),
                        mapping(peer),
                        mapping(port),
                    )


def _directions(spec: Manifest) -> list[str]:
    """Those that it says; else Ingress, and Egress where it has rules of that."""
    types = [str(each) for each in listed(spec.get("policyTypes"))]
    usual = ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    return [each for each in types or usual if each in _DIRECTIONS]


def _namespace(manifest: Manifest) -> str:
    return str(at(manifest, "metadata", "namespace") or "default")


def _peer_covers(wide: Manifest, narrow: Manifest) -> bool:
    if not wide or wide == narrow:
        return True
    if "ipBlock" in wide or "ipBlock" in narrow:
        return "ipBlock" in wide and "ipBlock" in narrow and _block_covers(wide["ipBlock"], narrow["ipBlock"])
    if not narrow or ("namespaceSelector" in wide) != ("namespaceSelector" in narrow):
        return False  # without one it is the policy's own namespace
    return selectors.covers(
        wide.get("namespaceSelector"), narrow.get("namespaceSelector")
    ) and selectors.covers(wide.get("podSelector"), narrow.get("podSelector"))


def _block_covers(wide: Any, narrow: Any) -> bool:
    """Of addresses: within, and nothing that the wide one leaves out is in the narrow one."""
    try:
        outer, inner = (ipaddress.ip_network(str(at(each, "cidr"))) for each in (wide, narrow))
        left_out = [ipaddress.ip_network(str(each)) for each in listed(at(wide, "except"))]
        also_left_out = [ipaddress.ip_network(str(each)) for each in listed(at(narrow, "except"))]
    except ValueError:
        return False
    return _within(inner, outer) and all(
        not hole.overlaps(inner) or any(_within(hole, other) for other in also_left_out)
        for hole in left_out
        if hole.version == inner.version
    )


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _within(inner: _Network, outer: _Network) -> bool:
    if isinstance(inner, ipaddress.IPv4Network):
        return isinstance(outer, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, ipaddress.IPv6Network) and inner.subnet_of(outer)


def _port_covers(wide: Manifest, narrow: Manifest) -> bool:
    if not wide or wide == narrow:
        return True
    if not narrow or wide.get("protocol", "TCP") != narrow.get("protocol", "TCP"):
        return False
    if wide.get("port") is None:
        return True
    ends = [_range(each) for each in (wide, narrow)]
    if ends[0] is None or ends[1] is None:
        return wide.get("port") == narrow.get("port") and not narrow.get("endPort")
    return ends[0][0] <= ends[1][0] and ends[1][1] <= ends[0][1]


def _range(port: Manifest) -> tuple[float, float] | None:
    """First and last; None for a name, or for none."""
    first, last = port.get("port"), port.get("endPort")
    if not isinstance(first, int | float) or not isinstance(last or 0, int | float):
        return None
    return first, last or first


def _sentence(direction: str, pods: Any, peer: str, port: str) -> str:
    chosen = selectors.told(pods)
    return _SENTENCES[direction].format(f" with {chosen}" if chosen else "", peer, port)


def _peer(peer: Manifest, direction: str) -> str:
    if not peer:
        return "anything" if direction == "Egress" else "anywhere"
    if "ipBlock" in peer:
        left_out = ", ".join(str(each) for each in listed(at(peer, "ipBlock", "except")))
        return f"{at(peer, 'ipBlock', 'cidr')}{f' without {left_out}' if left_out else ''}"
    chosen = selectors.told(peer.get("podSelector"))
    pods = f"pods with {chosen}" if chosen else "all pods"
    if "namespaceSelector" not in peer:
        return f"{pods} of the namespace"
    namespaces = selectors.told(peer.get("namespaceSelector"))
    return f"{pods} of {f'namespaces with {namespaces}' if namespaces else 'all namespaces'}"


def _port(port: Manifest) -> str:
    if not port:
        return ""
    number, end = port.get("port"), port.get("endPort")
    which = "any port" if number is None else f"port {number}{f' to {end}' if end else ''}"
    return f", {port.get('protocol', 'TCP')} {which}"
