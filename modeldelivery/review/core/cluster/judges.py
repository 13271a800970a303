"""What of a cluster's object is less safe after a change: a judge for each type, and for all that have pods."""

from collections.abc import Callable, Iterator

from modeldelivery.catalogue.tokens import (
    ADMISSION_BINDING,
    ADMISSION_POLICY,
    APP_PROJECT,
    APPLICATION,
    DISRUPTION_BUDGET,
    LIMITS,
    NAMESPACE,
    NETWORK_POLICY,
    QUOTA,
    SERVICE,
    is_of_a_cluster,
)
from modeldelivery.review.core.cluster import admission, argocd, capacity, pods, services
from modeldelivery.review.core.cluster.values import Manifest, at

_STANDARDS = ("privileged", "baseline", "restricted")  # the loosest first; what is none counts as the loosest
_POD_SECURITY = "pod-security.kubernetes.io/"
_MODES = {"enforce": "pods are refused", "warn": "people are warned of pods", "audit": "pods are recorded"}


def weakened(type_: str, old: Manifest, new: Manifest) -> Iterator[str]:
    """Sentences; `{}` is an object that is not there, which is judged by what it asks for itself."""
    if not is_of_a_cluster(type_) or not new:
        return
    yield from pods.loosened(old, new)
    yield from pods.joined(old, new)
    yield from argocd.annotated(old, new)
    if type_ in _JUDGES and (old or type_ in _NEW_TOO):
        yield from _JUDGES[type_](old, new)


def is_judged(type_: str) -> bool:
    """Whether a change of it that no sentence tells of is harmless; the network is judged as a whole."""
    return type_ in _JUDGES or type_ == NETWORK_POLICY


def _namespace(old: Manifest, new: Manifest) -> Iterator[str]:
    """Which pods are refused in it: by a looser standard, or by an older one's rules."""
    before, after = (at(each, "metadata", "labels") or {} for each in (old, new))
    for mode, what in _MODES.items():
        label = f"{_POD_SECURITY}{mode}"
        was, will = before.get(label), after.get(label)
        if was != will and _rank(will) < _rank(was):
            yield f"{what} by the standard {will or 'privileged'}, not {was}"
        version = f"{label}-version"
        if before.get(version) != after.get(version):
            yield f"{what} by the standard of {after.get(version, 'latest')}, not {before.get(version, 'latest')}"


def _rank(standard: object) -> int:
    return _STANDARDS.index(standard) if standard in _STANDARDS else 0


_NEW_TOO = frozenset({SERVICE, APP_PROJECT, APPLICATION})  # judged by what they ask for, once they are there

_JUDGES: dict[str, Callable[[Manifest, Manifest], Iterator[str]]] = {
    NAMESPACE: _namespace,
    QUOTA: capacity.quota,
    LIMITS: capacity.limits,
    DISRUPTION_BUDGET: capacity.budget,
    ADMISSION_POLICY: admission.policy,
    ADMISSION_BINDING: admission.binding,
    SERVICE: services.service,
    APP_PROJECT: argocd.project,
    APPLICATION: argocd.application,
}
