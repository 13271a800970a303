"""Who may do what in a cluster after a change that could not before: rules of roles, whom they are bound to, and whose pods are whose.

A rule allows each of its verbs on each of its resources of each of its groups; what several rules allow adds up, and nothing denies
(https://kubernetes.io/docs/reference/access-authn-authz/rbac/). So nothing is new where each such part was part of an earlier rule.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

from modeldelivery.catalogue.pods import SERVER_ACCOUNT, pod_specs
from modeldelivery.catalogue.tokens import CLUSTER_ROLES, ROLE_BINDINGS, SERVICE_ACCOUNT, is_of_a_cluster
from modeldelivery.release.naming import ROLE_ANNOTATION
from modeldelivery.review.core.cluster.values import at, listed, mapping, texts
from modeldelivery.review.core.document import holds_unknown
from modeldelivery.review.core.iam.diff import ACTION, PRINCIPAL, RESOURCE, WILDCARD, Widening

ANY = "*"
# By which pods on EKS get a role of AWS: the sandbox's own, and IRSA's.
_ROLES_OF_AWS = (ROLE_ANNOTATION, "eks.amazonaws.com/role-arn")
# Groups that nobody chose to be in.
_EVERYBODY = re.compile(r" system:(anonymous|unauthenticated|authenticated|serviceaccounts(:.*)?)$")


class Granted(NamedTuple):
    """What becomes of one property by which a cluster allows something; `unknown` says why it cannot be told."""

    property: str
    widened: tuple[Widening, ...]
    narrowed: bool = False
    unknown: str = ""


class _Part(NamedTuple):
    """The least that a rule allows: one verb on one kind of thing, of one name or (`""`) of any."""

    verb: str
    group: str
    resource: str
    name: str

    def covers(self, other: "_Part") -> bool:
        return (
            self.verb in {ANY, other.verb}
            and self.group in {ANY, other.group}
            and _resource_covers(self.resource, other.resource)
            and self.name in {"", other.name}
        )

    @property
    def wild(self) -> bool:
        return ANY in self.verb or ANY in self.group or ANY in self.resource


_URLS = "a path of the API server"  # in place of a group, for rules on `nonResourceURLs`


def granted(type_: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Granted]:
    """Compare an object of a cluster with what it was; `{}` is one that is not there."""
    if type_ in CLUSTER_ROLES:
        yield from _role(before, after)
    elif type_ in ROLE_BINDINGS:
        yield from _binding(before, after)
    elif type_ == SERVICE_ACCOUNT:
        yield from _service_account(before, after)
    elif is_of_a_cluster(type_) and after:
        yield from _pods(before, after)


def _role(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Granted]:
    if before.get("rules") == after.get("rules") and before.get("aggregationRule") == after.get(
        "aggregationRule"
    ):
        return
    if after.get("aggregationRule"):
        yield Granted("aggregationRule", (), unknown="it takes up the rules of whatever roles have a label")
        return
    if holds_unknown(after.get("rules")):
        yield Granted("rules", (), unknown="a part of its rules is known only after the update")
        return
    was, will = list(_parts(before.get("rules"))), list(_parts(after.get("rules")))
    new = [part for part in will if not any(old.covers(part) for old in was)]
    lost = any(not any(each.covers(part) for each in will) for part in was)
    if new or lost:
        yield Granted("rules", tuple(_told(new, was)), narrowed=lost)


def _parts(rules: Any) -> Iterator[_Part]:
    for rule in listed(rules):
        verbs = texts(mapping(rule).get("verbs"))
        names = texts(mapping(rule).get("resourceNames")) or [""]
        groups, resources = texts(mapping(rule).get("apiGroups")), texts(mapping(rule).get("resources"))
        for verb, group, resource, name in product(verbs, groups, resources, names):
            yield _Part(verb, group, resource, name)
        for verb, url in product(verbs, texts(mapping(rule).get("nonResourceURLs"))):
            yield _Part(verb, _URLS, url, "")


def _resource_covers(wide: str, narrow: str) -> bool:
    """`*` is everything, `*/scale` each one's scale, `/metrics/*` what begins so."""
    if wide in {ANY, narrow}:
        return True
    if wide.startswith("*/"):
        return narrow.partition("/")[2] == wide[2:]
    return wide.startswith("/") and wide.endswith("*") and narrow.startswith(wide[:-1])


def _told(new: list[_Part], was: list[_Part]) -> Iterator[Widening]:
    """A sentence for each kind of thing, with all its new verbs."""
    verbs: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for part in new:
        verbs[part.group, part.resource, part.name].append(part.verb)
    for (group, resource, name), several in verbs.items():
        thing = f"{resource}{f'.{group}' if group and group != _URLS else ''}{f' {name}' if name else ''}"
        reached = any(old._replace(verb=ANY).covers(_Part(ANY, group, resource, name)) for old in was)
        may = f"it may {', '.join(dict.fromkeys(several))} {thing}"
        yield _widening(ACTION if reached else RESOURCE, thing, may)
        if any(_Part(verb, group, resource, name).wild for verb in several):
            yield _widening(WILDCARD, thing, may)


def _binding(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Granted]:
    if holds_unknown(after.get("subjects")) or holds_unknown(after.get("roleRef")):
        if before != after:
            yield Granted("subjects", (), unknown="whom it binds to what is known only after the update")
        return
    role = _role_of(after)
    same = not after or _role_of(before) == role
    was = set(_subjects(before)) if same else set[str]()
    will = dict.fromkeys(_subjects(after))
    new = [each for each in will if each not in was]
    if new or was - set(will):
        widened = [_widening(PRINCIPAL, each, f"{each} has {role}") for each in new]
        widened += [
            _widening(WILDCARD, each, f"{each} has {role}") for each in new if _EVERYBODY.search(each)
        ]
        yield Granted("subjects", tuple(widened), narrowed=bool(was - set(will)))


def _role_of(binding: Mapping[str, Any]) -> str:
    return f"the {at(binding, 'roleRef', 'kind')} {at(binding, 'roleRef', 'name')}"


def _subjects(binding: Mapping[str, Any]) -> Iterator[str]:
    """`ServiceAccount flights/modelctl`, `Group model-delivery:operators`."""
    own = at(binding, "metadata", "namespace")
    for each in listed(binding.get("subjects")):
        kind, name = mapping(each).get("kind"), mapping(each).get("name")
        namespace = mapping(each).get("namespace") or own if kind == "ServiceAccount" else ""
        yield f"{kind} {f'{namespace}/' if namespace else ''}{name}"


def _service_account(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Granted]:
    for key in _ROLES_OF_AWS:
        was, will = (at(account, "metadata", "annotations", key) for account in (before, after))
        where = f"metadata.annotations.{key}"
        if was == will:
            continue
        if holds_unknown(will):
            yield Granted(where, (), unknown="which role of AWS its pods have is known only after the update")
        elif will:
            yield Granted(
                where, (_widening(PRINCIPAL, str(will), f"its pods have the role of AWS {will}"),), bool(was)
            )
        else:
            yield Granted(where, (), narrowed=True)
    key = "automountServiceAccountToken"
    was, will = (account.get(key, True) if account else False for account in (before, after))
    if will is not False and was is False:
        yield Granted(key, (_widening(ACTION, key, "its pods get a token of the cluster's"),))


def _pods(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Granted]:
    """Pods may do what their service account may; new ones are held to a model server's, which may nothing."""
    for key, of, usual, text in (
        ("serviceAccountName", _account, SERVER_ACCOUNT, "its pods may do what the service account {} may"),
        ("automountServiceAccountToken", _token, False, "its pods get a token of the cluster's"),
    ):
        old = [of(pods) for pods in pod_specs(before)] if before else [usual]
        more = [each for each in map(of, pod_specs(after)) if each and each not in old]
        if more:
            yield Granted(key, tuple(_widening(PRINCIPAL, str(each), text.format(each)) for each in more))


def _account(pods: Mapping[str, Any]) -> Any:
    """By its name, or by the name that it had in the beginning of Kubernetes."""
    return pods.get("serviceAccountName") or pods.get("serviceAccount") or "default"


def _token(pods: Mapping[str, Any]) -> Any:
    """Whether they ask for one; None where their service account says."""
    sources = [
        each for volume in listed(pods.get("volumes")) for each in listed(at(volume, "projected", "sources"))
    ]
    # One for another audience the API server does not take.
    mounted = any(
        "serviceAccountToken" in mapping(each) and not at(each, "serviceAccountToken", "audience")
        for each in sources
    )
    return mounted or pods.get("automountServiceAccountToken")


def _widening(kind: str, what: str, detail: str) -> Widening:
    return Widening(kind=kind, what=what, statement="", detail=detail)
