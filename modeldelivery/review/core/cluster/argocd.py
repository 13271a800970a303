"""What Argo CD may deliver after a change, and how: its projects and applications.

https://argo-cd.readthedocs.io/en/stable/operator-manual/project-specification/, …/user-guide/sync-options/
"""

import json
from collections.abc import Iterator
from typing import Any

from modeldelivery.catalogue.argocd import DANGEROUS, SERVER_SIDE, options, own_options
from modeldelivery.review.core.cluster.values import Manifest, at, listed, mapping
from modeldelivery.review.core.document import holds_unknown

_UNKNOWN = "what it may deliver is known only after the update"
# More of these is more that a project may do; fewer of those in the second is.
_MAY = {
    "sourceRepos": "it may deliver from {}",
    "destinations": "it may deliver to {}",
    "clusterResourceWhitelist": "it may make objects of the whole cluster: {}",
    "namespaceResourceWhitelist": "it may make {}",
    "sourceNamespaces": "applications of the namespace {} may be of it",
    "roles": "others may use it: {}",
    "destinationServiceAccounts": "it delivers as another service account: {}",
}
# Without these a project delivers nothing: of a new one, only those that name no single thing are told.
_NAMED = frozenset({"sourceRepos", "destinations", "namespaceResourceWhitelist"})
_MAY_NOT = {
    "clusterResourceBlacklist": "it may make objects of the whole cluster that were refused: {}",
    "namespaceResourceBlacklist": "it may make what was refused: {}",
    "signatureKeys": "commits need no longer be signed by {}",
    "syncWindows": "a window in which it delivers nothing is gone or changed: {}",
}


def project(old: Manifest, new: Manifest) -> Iterator[str]:
    """A project may more by what is added to a list that allows, or gone from one that refuses; a new one by what it does not name."""
    was, will = mapping(old.get("spec")), mapping(new.get("spec"))
    if holds_unknown(new.get("spec")) and was != will:
        yield _UNKNOWN
        return
    for key, sentence in _MAY.items():
        for each in _more(was.get(key), will.get(key)):
            if was or key not in _NAMED or "*" in each:
                yield sentence.format(each)
    for key, sentence in _MAY_NOT.items():
        for each in _more(will.get(key), was.get(key)):
            yield sentence.format(each)
    # Without a list of what it may make in a namespace it may make everything.
    key = "namespaceResourceWhitelist"
    if (not was or was.get(key) is not None) and will.get(key) is None:
        yield "it may make anything in its namespaces"
    if at(was, "orphanedResources", "warn") and not at(will, "orphanedResources", "warn"):
        yield "nobody is warned of objects that are of no application"


def application(old: Manifest, new: Manifest) -> Iterator[str]:
    """An application that delivers something else, from or to elsewhere, or past what keeps it honest."""
    was, will = mapping(old.get("spec")), mapping(new.get("spec"))
    if holds_unknown(new.get("spec")) and was != will:
        yield _UNKNOWN
        return
    if was:
        for key in ("project", "destination", "source", "sources"):
            if was.get(key) != will.get(key):
                yield f"{key}: {_short(was.get(key))} → {_short(will.get(key))}"
        automated, still = (mapping(at(each, "syncPolicy", "automated")) for each in (was, will))
        if at(was, "syncPolicy", "automated") is not None and at(will, "syncPolicy", "automated") is None:
            yield "it delivers nothing by itself any more"
        for flag, sentence in (
            ("selfHeal", "what somebody else changes stays"),
            ("prune", "what leaves Git stays in the cluster"),
        ):
            if automated.get(flag) is True and still.get(flag) is not True:
                yield f"{flag} is off: {sentence}"
        for each in _more(was.get("ignoreDifferences"), will.get("ignoreDifferences")):
            yield f"it takes no notice of differences: {each}"
    before, after = (options(each) for each in (old, new))
    for option in DANGEROUS:
        if option in after and option not in before:
            yield f"{option}: it writes past what others own or refuse"
    if SERVER_SIDE in before and SERVER_SIDE not in after:
        yield f"without {SERVER_SIDE} it takes over fields that others own"


def annotated(old: Manifest, new: Manifest) -> Iterator[str]:
    """An object that asks Argo CD for a dangerous option by an annotation."""
    before, after = (own_options(each) for each in (old, new))
    for option in DANGEROUS:
        if option in after and option not in before:
            yield f"{option}: Argo CD writes it past what others own or refuse"


def _more(some: Any, others: Any) -> Iterator[str]:
    kept = {json.dumps(each, sort_keys=True, default=str) for each in listed(some)}
    for each in listed(others):
        if json.dumps(each, sort_keys=True, default=str) not in kept:
            yield _short(each)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(each)}" for key, each in value.items())
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
