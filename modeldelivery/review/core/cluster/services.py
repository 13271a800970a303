"""A Service that leads to other pods than it did, or by which pods are reached from outside of the cluster.

https://kubernetes.io/docs/concepts/services-networking/service/
"""

from collections.abc import Iterator

from modeldelivery.review.core.cluster import selectors
from modeldelivery.review.core.cluster.values import Manifest, listed, mapping, texts
from modeldelivery.review.core.document import holds_unknown

_INSIDE = "ClusterIP"
_UNKNOWN = "where it leads, and from where, is known only after the update"


def service(old: Manifest, new: Manifest) -> Iterator[str]:
    """`{}` is one that is not there: a new one may lead to whatever pods it selects."""
    was, will = mapping(old.get("spec")), mapping(new.get("spec"))
    if holds_unknown(new.get("spec")) and was != will:
        yield _UNKNOWN
        return
    before, after = (str(each.get("type", _INSIDE)) for each in (was, will))
    if before != after != _INSIDE:
        yield f"it is reached from outside of the cluster, or leads out of it: type {after}"
    for address in texts(will.get("externalIPs")):
        if address not in texts(was.get("externalIPs")):
            yield f"it takes requests to the address {address}"
    sources, still = (texts(each.get("loadBalancerSourceRanges")) for each in (was, will))
    for each in (still or ["anywhere"]) if sources else ():
        if each not in sources:
            yield f"it may be reached from {each}"
    if will.get("externalName") != was.get("externalName") and will.get("externalName"):
        yield f"it leads to {will['externalName']}"
    if not old:
        return
    if was.get("selector") != will.get("selector"):
        pods = selectors.told({"matchLabels": mapping(will.get("selector"))})
        yield f"it leads to other pods: {f'those with {pods}' if pods else 'none by itself'}"
    ports, others = (list(_ports(each)) for each in (was, will))
    if ports != others:
        yield f"it leads from or to other ports: {', '.join(others) or 'none'}"
    if will.get("publishNotReadyAddresses") is True and was.get("publishNotReadyAddresses") is not True:
        yield "it leads to pods that are not ready too"


def _ports(spec: Manifest) -> Iterator[str]:
    """`80 to 8080`."""
    for each in listed(spec.get("ports")):
        port = mapping(each).get("port")
        yield f"{port} to {mapping(each).get('targetPort', port)}"
