"""What a cluster no longer refuses after a change: policies of admission and their bindings.

An expression is compared as a text: another one may refuse less, and nobody here can tell
(https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/).
"""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

from modeldelivery.review.core.cluster import selectors
from modeldelivery.review.core.cluster.values import Manifest, at, listed, mapping, texts
from modeldelivery.review.core.document import holds_unknown

_LONGEST = 120  # characters of an expression in a sentence
_UNKNOWN = "what it refuses is known only after the update"


def policy(old: Manifest, new: Manifest) -> Iterator[str]:
    """A policy refuses less when it fails open, lacks a validation, or is asked about less."""
    was, will = mapping(old.get("spec")), mapping(new.get("spec"))
    if holds_unknown(new.get("spec")) and was != will:
        yield _UNKNOWN
        return
    if will.get("failurePolicy", "Fail") != "Fail" and was.get("failurePolicy", "Fail") == "Fail":
        yield f"failurePolicy {will.get('failurePolicy')}: what it cannot judge is let through"
    for text in _gone(was.get("validations"), will.get("validations")):
        yield f"a validation is dropped or changed: {text}"
    for text in _gone(will.get("matchConditions"), was.get("matchConditions")):
        yield f"it judges only what meets another condition: {text}"
    for text in _gone(was.get("variables"), will.get("variables"), ("name", "expression")):
        yield f"a variable of its expressions is dropped or changed: {text}"
    annotations = ("key", "valueExpression")
    for text in _gone(was.get("auditAnnotations"), will.get("auditAnnotations"), annotations):
        yield f"an audit annotation is dropped or changed: {text}"
    if was.get("paramKind") != will.get("paramKind"):
        yield f"it takes another kind of parameter: {at(will, 'paramKind', 'kind') or 'none'}"
    before, after = (mapping(each.get("matchConstraints")) for each in (was, will))
    if listed(before.get("resourceRules")) and not listed(after.get("resourceRules")):
        yield "it is asked about nothing any more"
    yield from _matched(before, after)
    yield from _others(
        was,
        will,
        {
            *("failurePolicy", "validations", "matchConditions", "variables", "auditAnnotations"),
            *("paramKind", "matchConstraints"),
        },
    )


def binding(old: Manifest, new: Manifest) -> Iterator[str]:
    """A binding refuses less when it does not deny, is of another policy or parameter, or holds in less."""
    was, will = mapping(old.get("spec")), mapping(new.get("spec"))
    if holds_unknown(new.get("spec")) and was != will:
        yield _UNKNOWN
        return
    actions = texts(will.get("validationActions"))
    for action in texts(was.get("validationActions")):
        if action not in actions and not (action == "Warn" and "Deny" in actions):
            yield f"its violations are no longer met with {action}"
    if was.get("policyName") != will.get("policyName"):
        yield f"it binds the policy {will.get('policyName')}, not {was.get('policyName')}"
    if was.get("paramRef") != will.get("paramRef"):
        yield f"it takes another parameter: {_short(will.get('paramRef'))}"
    before, after = (mapping(each.get("matchResources")) for each in (was, will))
    if not listed(before.get("resourceRules")) and listed(after.get("resourceRules")):
        yield "it holds for some of its policy's requests only"
    yield from _matched(before, after)
    yield from _others(was, will, {"validationActions", "policyName", "paramRef", "matchResources"})


def _matched(was: Manifest, will: Manifest) -> Iterator[str]:
    """What it is no longer asked about; no rules of a binding leave out nothing."""
    kept = list(_rules(will.get("resourceRules")))
    lost = [
        rule for rule in _rules(was.get("resourceRules")) if not any(_covers(each, rule) for each in kept)
    ]
    for operation, resource in dict.fromkeys((rule[0], rule[3]) for rule in lost) if kept else ():
        yield f"it is no longer asked about {operation} of {resource}"
    before = list(_rules(was.get("excludeResourceRules")))
    for rule in _rules(will.get("excludeResourceRules")):
        if not any(_covers(each, rule) for each in before):
            yield f"it is no longer asked about {rule[0]} of {rule[3]}"
    for key in ("namespaceSelector", "objectSelector"):
        if not selectors.covers(will.get(key), was.get(key)):
            yield f"it holds only where {key} is {selectors.told(will.get(key))}"
    if will.get("matchPolicy", "Equivalent") != was.get("matchPolicy", "Equivalent") == "Equivalent":
        yield "it is no longer asked about other versions of the same resources"


_Rule = tuple[str, str, str, str, str, str]  # operation, group, version, resource, name, scope


def _rules(rules: Any) -> Iterator[_Rule]:
    for each in listed(rules):
        rule = mapping(each)
        yield from product(
            texts(rule.get("operations")) or ["*"],
            texts(rule.get("apiGroups")) or ["*"],
            texts(rule.get("apiVersions")) or ["*"],
            texts(rule.get("resources")) or ["*"],
            texts(rule.get("resourceNames")) or ["*"],
            [str(rule.get("scope", "*"))],
        )


def _covers(wide: _Rule, narrow: _Rule) -> bool:
    """`*` of resources is no subresource; `*/*` is everything, `pods/*` a pod's every one, `*/scale` each one's scale."""
    others = all(
        wide[place] in {"*", narrow[place]}
        for place in range(len(wide))
        if place != 3  # noqa: PLR2004 - the resource
    )
    return others and _resource_covers(wide[3], narrow[3])


def _resource_covers(wide: str, narrow: str) -> bool:
    if wide in {"*/*", narrow}:
        return True
    (resource, _, sub), (other, _, below) = wide.partition("/"), narrow.partition("/")
    return resource in {"*", other} and (sub == below or (sub == "*" and bool(below)))


def _gone(some: Any, others: Any, keys: tuple[str, ...] = ("expression",)) -> Iterator[str]:
    """Of a list those that the other does not have, by these of their keys: a message, say, refuses nothing."""

    def read(each: Any) -> tuple[str, ...]:
        return tuple(str(mapping(each).get(key, "")) for key in keys)

    kept = {read(each) for each in listed(others)}
    for each in listed(some):
        if read(each) not in kept:
            yield _short(": ".join(read(each)))


def _others(was: Manifest, will: Manifest, read: set[str]) -> Iterator[str]:
    other = sorted(key for key in {*was, *will} - read if was.get(key) != will.get(key))
    if other:
        yield f"it changes: {', '.join(other)}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
