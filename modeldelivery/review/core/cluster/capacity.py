"""How much of a cluster pods take: of a version, and what bounds them in their namespace."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from modeldelivery.catalogue.pods import pod_specs
from modeldelivery.catalogue.tokens import AUTOSCALER, DEPLOYMENT
from modeldelivery.release.naming import VERSION_LABEL
from modeldelivery.review.core.cluster.values import Manifest, at, listed, mapping, quantity
from modeldelivery.review.core.touched import Touched


class Pods(NamedTuple):
    """What serves a version: so many pods, between an autoscaler's bounds, each of a size such as `500m CPU, 512Mi`."""

    size: str
    least: int
    most: int

    def __str__(self) -> str:
        return f"{count(self.least, self.most)} pods of {self.size}"


def count(least: int, most: int) -> str:
    return f"{least}" if least == most else f"{least} to {most}"


def version_of(manifest: Manifest) -> str:
    """The version that an object is labelled with; empty where it is of none."""
    return str(at(manifest, "metadata", "labels", VERSION_LABEL) or "")


def pods_by_version(resources: Sequence[Touched], *, after: bool) -> dict[str, Pods]:
    """Of each version, or of a Deployment that is of none by its name."""
    bounds = {}
    for each in resources:
        manifest = each.after if after else each.before
        if each.type == AUTOSCALER and manifest:
            bounds[_place(manifest, at(manifest, "spec", "scaleTargetRef", "name"))] = scaling(manifest)
    pods = {}
    for each in resources:
        manifest = each.after if after else each.before
        if each.type == DEPLOYMENT and manifest:
            name = at(manifest, "metadata", "name")
            replicas = _number(at(manifest, "spec", "replicas"), 1)
            least, most = bounds.get(_place(manifest, name)) or (replicas, replicas)
            size = next((_size(spec) for spec in pod_specs(manifest)), "")
            pods[version_of(manifest) or str(name)] = Pods(size, least, most)
    return pods


def _place(manifest: Manifest, name: Any) -> tuple[str, str]:
    """Namespace and name, whatever stands there."""
    return str(at(manifest, "metadata", "namespace")), str(name)


def scaling(autoscaler: Manifest) -> tuple[int, int] | None:
    """An autoscaler's bounds, fewest and most; None where they are not known."""
    least, most = at(autoscaler, "spec", "minReplicas"), at(autoscaler, "spec", "maxReplicas")
    return (_number(least, 1), int(most)) if isinstance(most, int | float) else None


def quota(old: Manifest, new: Manifest) -> Iterator[str]:
    """A limit that is raised or gone, or that counts fewer objects."""
    was, will = (mapping(at(each, "spec", "hard")) for each in (old, new))
    for key, before in was.items():
        left, right = quantity(before), quantity(will.get(key))
        if key not in will:
            yield f"its limit of {key} is gone: it was {before}"
        elif before != will[key] and (left is None or right is None or right > left):
            yield f"{key} {before} → {will[key]}"
    for key in ("scopes", "scopeSelector"):
        if at(new, "spec", key) != at(old, "spec", key):
            yield f"it counts other objects: {key}"


def limits(old: Manifest, new: Manifest) -> Iterator[str]:
    """Pods that ask for nothing get more, or may ask for more."""
    was, will = dict(_limited(old)), dict(_limited(new))
    for key, before in was.items():
        left, right = quantity(before), quantity(will.get(key))
        if key not in will:
            yield f"its {key} is gone: it was {before}"
        elif before != will[key] and (
            left is None or right is None or (right < left) == key.startswith("min")
        ):
            yield f"{key} {before} → {will[key]}"


def _limited(manifest: Manifest) -> Iterator[tuple[str, Any]]:
    for item in listed(at(manifest, "spec", "limits")):
        kind = mapping(item).get("type")
        for bound in ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio"):
            for resource, value in mapping(mapping(item).get(bound)).items():
                yield f"{bound} {resource} of a {kind}", value


def bounds_that_change(old: Manifest, new: Manifest) -> Iterator[str]:
    """Every bound of a quota or of a range of limits that becomes another, or comes or goes."""
    was, will = ({**mapping(at(each, "spec", "hard")), **dict(_limited(each))} for each in (old, new))
    for key in dict.fromkeys((*was, *will)):
        if was.get(key) != will.get(key):
            yield f"{key} {was.get(key, 'none')} → {will.get(key, 'none')}"


# What follows from how many versions there are, and of which size.
_ROOM = frozenset({"pods", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"})
_DEFAULTS = frozenset({"default", "defaultRequest"})


def beside_room(manifest: Manifest) -> Manifest:
    """What a quota or a range of limits says beside the room for versions' pods, of which it says only what it bounds."""
    spec = mapping(manifest.get("spec"))
    ranges = [_unsized(_DEFAULTS, item) for item in listed(spec.get("limits"))]
    return {**spec, "hard": _unsized(_ROOM, spec.get("hard")), "limits": ranges}


def _unsized(sizes: frozenset[str], value: Any) -> Manifest:
    return {key: sorted(mapping(each)) if key in sizes else each for key, each in mapping(value).items()}


def budget(old: Manifest, new: Manifest) -> Iterator[str]:
    """More pods of a version may be taken away at once, or the budget is of other pods."""
    was, will = (mapping(each.get("spec")) for each in (old, new))
    for key in ("maxUnavailable", "minAvailable"):
        if was.get(key) != will.get(key):
            left, right = quantity(was.get(key)), quantity(will.get(key))
            if left is None or right is None or (right > left) == (key == "maxUnavailable"):
                yield f"{key} {was.get(key)} → {will.get(key)}: more of its pods may be away at once"
    for key in ("selector", "unhealthyPodEvictionPolicy"):
        if was.get(key) != will.get(key):
            yield f"it is of other pods: {key}"


def _size(spec: Any) -> str:
    """What one pod asks for: its containers together, or the first of them that needs more before those start."""
    sums = {key: _sum(spec, key) for key in ("cpu", "memory")}
    cpu = f"{int(sums['cpu'] * 1000)}m CPU"
    return f"{cpu}, {int(sums['memory'] / 2**20)}Mi"


def _sum(spec: Any, key: str) -> Any:
    def of(containers: str) -> list[Any]:
        return [
            quantity(at(each, "resources", "requests", key)) or 0 for each in listed(spec.get(containers))
        ]

    return max(sum(of("containers")), *of("initContainers"), 0)


def _number(value: Any, default: int) -> int:
    return int(value) if isinstance(value, int | float) else default
