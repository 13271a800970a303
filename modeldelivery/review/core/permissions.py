"""Who may do what after the change that could not before: every policy document of the stack, compared as a policy."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from modeldelivery.catalogue.tokens import is_of_a_cluster
from modeldelivery.review.core.cluster.access import granted
from modeldelivery.review.core.document import SECRET, UNKNOWN, holds_unknown
from modeldelivery.review.core.iam.diff import PolicyError, Widening, compare
from modeldelivery.review.core.touched import Effect, Touched

# A boundary limits what the role's policies can grant; without it they grant all that they say.
_BOUNDARY = "permissionsBoundary"


class PermissionChange(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one document, or of one grant.

    Attributes:
        property: of the resource, where the document stands.
        widened: what is allowed now and was not.
        narrowed: whether something is allowed no more.
        unknown: it cannot be told: a part is known only after the update, or what it says is not understood.
    """

    urn: str
    property: str
    widened: tuple[Widening, ...] = ()
    narrowed: bool = False
    unknown: bool = False
    why: str = ""


def permission_changes(resource: Touched) -> Iterator[PermissionChange]:
    """Compare each policy that the resource holds with what it held."""
    if resource.effect in {Effect.NONE, Effect.READ} and not resource.changed:
        return
    before = {} if resource.old is None else resource.before
    # What leaves management goes on granting; what is deleted grants nothing.
    after = before if resource.effect is Effect.ABANDON else resource.after
    for where, old, new in _documents(before, after):
        yield from _compared(resource.urn, where, old, new)
    for key in resource.kind.grants or ():
        yield from _granted(resource.urn, key, before.get(key), after.get(key))
    for grant in granted(resource.type, resource.counterpart, after):
        yield PermissionChange(
            urn=resource.urn,
            property=grant.property,
            widened=tuple(_there(each, resource.elsewhere) for each in grant.widened),
            narrowed=grant.narrowed,
            unknown=bool(grant.unknown),
            why=grant.unknown,
        )
    if before.get(_BOUNDARY) != after.get(_BOUNDARY) and resource.new and before.get(_BOUNDARY):
        yield PermissionChange(
            urn=resource.urn,
            property=_BOUNDARY,
            widened=(_grant("denial", _BOUNDARY, "the boundary of what the role may be granted changes"),),
        )
    if _is_strange(resource):
        yield PermissionChange(
            urn=resource.urn,
            property="",
            unknown=True,
            why=f"this type of {'object of a cluster' if is_of_a_cluster(resource.type) else 'IAM resource'} is not understood here",
        )


Place = tuple[str | int, ...]  # keys and numbers of a value among a resource's inputs


def _documents(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Every place where a policy stands or stood, by its path, and what is there before and after."""
    places = {_path(place): place for inputs in (before, after) for place in _policies(inputs, ())}
    for where, place in sorted(places.items()):
        yield where, _at(before, place), _at(after, place)


def _policies(value: Any, place: Place) -> Iterator[Place]:
    """Found by what a value is, not only by its name: a text that is a JSON object with statements is a policy."""
    if isinstance(value, Mapping):
        if "Statement" in value and ("Version" in value or place):
            yield place
            return
        for key, each in value.items():
            yield from _policies(each, (*place, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _policies(each, (*place, number))
    elif isinstance(value, str):
        named = _is_named(place)
        hidden = named and _is_hidden(value)
        if hidden or (value.lstrip().startswith("{") and (named or '"Statement"' in value)):
            yield place


def _at(inputs: Mapping[str, Any], place: Place) -> Any:
    """What stands where a policy does in the other inputs, be it one or not; None for nothing."""
    value: Any = inputs
    for key in place:
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    # A secret is not shown, so what it grants cannot be told either.
    return UNKNOWN if isinstance(value, str) and _is_named(place) and _is_hidden(value) else value


def _is_named(place: Place) -> bool:
    return bool(place) and str(place[-1]).lower().endswith("policy")


def _is_hidden(text: str) -> bool:
    return UNKNOWN in text or SECRET in text


def _path(place: Place) -> str:
    """`inlinePolicies[0].policy`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place).removeprefix(".")


def _compared(urn: str, where: str, old: Any, new: Any) -> Iterator[PermissionChange]:
    try:
        comparison = compare(old, new, UNKNOWN)
    except PolicyError as error:
        if old != new and not all(_is_no_policy(each) for each in (old, new) if each is not None):
            yield PermissionChange(urn=urn, property=where, unknown=True, why=str(error))
        return
    if comparison.changed:
        yield PermissionChange(
            urn=urn,
            property=where,
            widened=comparison.widened,
            narrowed=comparison.narrowed,
            unknown=comparison.unknown,
            why="a part of the policy is known only after the update" if comparison.unknown else "",
        )


def _is_no_policy(value: Any) -> bool:
    """Whether a text that is named like a policy is another kind of document, as ECR's lifecycle policy is."""
    if not isinstance(value, str):
        return False
    try:
        return "Statement" not in json.loads(value) and "rules" in json.loads(value)
    except (ValueError, TypeError):
        return False


def _granted(urn: str, key: str, old: Any, new: Any) -> Iterator[PermissionChange]:
    if old == new:
        return
    if holds_unknown(new):
        yield PermissionChange(
            urn=urn, property=key, unknown=True, why="what it grants is known only after the update"
        )
        return
    was, will = _texts(old), _texts(new)
    yield PermissionChange(
        urn=urn,
        property=key,
        widened=tuple(_grant("action", each, f"{key} {each}") for each in sorted(will - was)),
        narrowed=bool(was - will),
    )


def _texts(value: Any) -> set[str]:
    return {str(each) for each in (value if isinstance(value, list) else [] if value is None else [value])}


def _grant(kind: str, what: str, detail: str) -> Widening:
    return Widening(kind=kind, what=what, statement="", detail=detail)


def _there(widening: Widening, elsewhere: str) -> Widening:
    """Where what is allowed is allowed, if that is not where the resource was."""
    if not elsewhere:
        return widening
    return msgspec.structs.replace(widening, detail=f"{widening.detail}, as {elsewhere}")


def _is_strange(resource: Touched) -> bool:
    strange = (resource.type.startswith("aws:iam/") and resource.kind.grants is None) or (
        is_of_a_cluster(resource.type) and not resource.kind.is_known
    )
    return strange and bool(resource.changed or resource.effect not in {Effect.NONE, Effect.READ})
