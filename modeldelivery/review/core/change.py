"""What a preview's change is, in a reviewer's words: nothing, traffic, a fleet, new bits, permissions, or the end of something."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from modeldelivery.catalogue.kind import Nature
from modeldelivery.catalogue.table import rank
from modeldelivery.catalogue.tokens import (
    AUTOSCALER,
    DEPLOYMENT,
    ENDPOINTS,
    LIMITS,
    QUOTA,
    SCALING_TARGET,
    SERVICE,
)
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import parse_version
from modeldelivery.review.core.cluster.capacity import beside_room, version_of
from modeldelivery.review.core.cluster.network import opened
from modeldelivery.review.core.config import PROJECT, read_config
from modeldelivery.review.core.cost import CostChange, Prices, cost_change
from modeldelivery.review.core.document import Document, holds_unknown
from modeldelivery.review.core.fleet import FleetChange, fleet_change
from modeldelivery.review.core.guards import described, weakened
from modeldelivery.review.core.of_schedule import properties
from modeldelivery.review.core.of_version import variant_of
from modeldelivery.review.core.permissions import PermissionChange, permission_changes
from modeldelivery.review.core.touched import Effect, Touched, touched

# The Endpoint's own provider says with these what it looked up; the fleet's part tells them.
_OF_A_CHECK = frozenset(
    {
        *("weights", "servingAtCheck", "fallbackAtCheck", "drillAtCheck"),
        *("release", "variants", "rules", "approvals"),
    }
)

_LOOKED_UP = frozenset({"servingAtCheck", "fallbackAtCheck", "drillAtCheck", "approvals"})


class Kind(StrEnum):
    """Kinds of change, the gravest first."""

    DESTROYS = "replaces or deletes"
    PERMISSIONS = "widens permissions"
    GUARDS = "weakens a guard"
    BITS = "new image or model"
    FLEET = "fleet"
    TRAFFIC = "traffic"
    REMOVES = "removes resources"
    CREATES = "new resources"
    SETTINGS = "settings"
    METADATA = "metadata"


class Verb(StrEnum):
    """What becomes of something that holds data, keys or traffic."""

    DELETES = "DELETES"
    REPLACES = "REPLACES"
    ABANDONS = "STOPS MANAGING"


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """A resource that holds something, and goes.

    Attributes:
        words: what kind of thing it is.
        protected: it was protected until this change.
        protected_by: the config that protects what is of its kind.
        because: properties that force the replacement.
    """

    verb: Verb
    words: str
    name: str
    protected: bool
    protected_by: str
    because: tuple[str, ...] = ()


class Weakened(msgspec.Struct, frozen=True, kw_only=True):
    """A resource that is less safe afterwards, and why, in sentences."""

    words: str
    name: str
    why: tuple[str, ...]


class Plain(msgspec.Struct, frozen=True, kw_only=True):
    """A resource that is made, changed or removed. `properties` are those that change."""

    effect: str
    words: str
    name: str
    properties: tuple[str, ...] = ()
    unknown: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One environment's change, complete.

    Attributes:
        kinds: all that it is, the gravest first; none when nothing changes.
        guarded: the environment protects what it holds, or did until this change.
        promotes_from: the environment where a version must have carried all traffic before, or had to until this change.
        fleet: the endpoint's versions; None where there is no endpoint.
        plain: everything else that changes.
        warnings, errors: what engine, provider and program said.
        unread: fields of the preview that the reader does not know.
    """

    environment: str
    kinds: tuple[Kind, ...]
    guarded: bool
    promotes_from: str | None
    losses: tuple[Loss, ...]
    permissions: tuple[PermissionChange, ...]
    weakened: tuple[Weakened, ...]
    fleet: FleetChange | None
    plain: tuple[Plain, ...]
    cost: CostChange
    warnings: tuple[str, ...]
    errors: tuple[str, ...]
    unread: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        return not self.kinds and not self.errors

    def only(self, *kinds: Kind) -> bool:
        """Whether it is these kinds of change and no other."""
        return bool(self.kinds) and set(self.kinds) <= set(kinds)


def classify(environment: str, document: Document, prices: Prices) -> Change:
    """Say what a preview will do.

    Raises:
        DocumentError: the document contradicts itself, is another stack's, or the endpoint's inputs cannot be read.
        ConfigError: the stack's config does not say what is needed.
    """
    config = read_config(environment, document)
    resources = touched(document, PROJECT)
    fleet = fleet_change(resources)
    losses = tuple(_losses(resources, fleet))
    permissions = tuple(change for each in resources for change in permission_changes(each))
    weak = tuple(_weakened(resources, fleet))
    plain = tuple(_plain(resources))
    kinds = _kinds(resources, losses, permissions, weak, fleet)
    return Change(
        environment=environment,
        kinds=kinds,
        guarded=config.protect
        or any(each.protected and _protected_by(each) == _ENVIRONMENT for each in resources),
        promotes_from=config.promotes_from or (fleet.promoted_from if fleet else None),
        losses=losses,
        permissions=permissions,
        weakened=weak,
        fleet=fleet,
        plain=plain,
        cost=cost_change(prices, config.region, resources, fleet),
        warnings=document.warnings,
        errors=document.errors,
        unread=document.unread,
    )


# What protects a resource: the data bucket has config of its own (infra.settings.Data), since it outlives an environment's
# registry. That it is protected says nothing about its environment.
_ENVIRONMENT, _DATA = f"{PROJECT}:protect", f"{PROJECT}:data.protect"


def _protected_by(each: Touched) -> str:
    components = each.urn.split("::")[2].split("$")
    return _DATA if f"{PROJECT}:index:DataBucket" in components else _ENVIRONMENT


_VERBS = {Effect.DELETE: Verb.DELETES, Effect.REPLACE: Verb.REPLACES, Effect.ABANDON: Verb.ABANDONS}


def _losses(resources: Sequence[Touched], fleet: FleetChange | None) -> Iterator[Loss]:
    for each in sorted(resources, key=lambda resource: rank(resource.type)):
        verb = _VERBS.get(each.effect)
        if verb and (each.kind.nature is Nature.HOLDS or each.protected or _serves(each, fleet)):
            yield Loss(
                verb=verb,
                words=each.kind.words,
                name=each.name,
                protected=each.protected,
                protected_by=_protected_by(each),
                because=tuple(sorted(each.forced)),
            )


def _serves(resource: Touched, fleet: FleetChange | None) -> bool:
    """Whether pods or their address go, or are made anew, while their version stays on the route: nothing would answer for it.

    A preview that failed before it came to the route says nothing of it: the version may stay.
    """
    version = version_of(resource.before)
    if resource.type not in {DEPLOYMENT, SERVICE} or not version:
        return False
    return fleet is None or version in {member.version for member in fleet.members}


def _weakened(resources: Sequence[Touched], fleet: FleetChange | None) -> Iterator[Weakened]:
    if fleet and fleet.loosened:
        yield Weakened(words="endpoint", name=fleet.name, why=fleet.loosened)
    for bits in fleet.bits if fleet else ():
        if bits.under_an_old_name:
            why = "it gets other bits under the same name; a version names one set of bits for ever"
            yield Weakened(words="version", name=bits.version, why=(why,))
    gone = {variant_name(version) for version in fleet.dropped} if fleet else set()
    opens = opened(resources)
    for each in resources:
        reasons = () if _is_room(each, fleet) else (*weakened(each), *opens.get(each.urn, ()))
        with_its_version = each.kind.per_version and variant_of(each.before) in gone
        if each.kind.nature is Nature.GUARDS and not with_its_version:
            reasons = (*reasons, *_removed(each))
        if reasons:
            yield Weakened(words=each.kind.words, name=each.name, why=reasons)


def _removed(guard: Touched) -> Iterator[str]:
    if guard.effect in {Effect.DELETE, Effect.ABANDON}:
        yield "it is removed"
    elif guard.elsewhere:
        yield f"it is removed, and another one made: {guard.elsewhere}"


def _plain(resources: Sequence[Touched]) -> Iterator[Plain]:
    for each in resources:
        if each.effect is Effect.READ or (each.effect is Effect.NONE and not _really(each)):
            continue
        if each.type.startswith("pulumi:providers:") and each.effect is Effect.CREATE:
            continue
        whole = each.effect not in {Effect.UPDATE, Effect.REPLACE, Effect.NONE}
        yield Plain(
            effect=each.effect.name.lower() if each.effect is not Effect.NONE else "update",
            words=each.kind.words,
            name=each.name,
            properties=() if whole else properties(each, (_really(each) or each.changed) - _LOOKED_UP),
            unknown=not whole and any(holds_unknown(each.after.get(key)) for key in each.changed),
        )


def _really(resource: Touched) -> frozenset[str]:
    """Properties that change, without those by which what serves only says what it looked up.

    A Route's provider names the entrance too where members change: both make one content of the HTTPRoute.
    """
    if resource.type not in ENDPOINTS:
        return resource.changed
    same = {"entrance"} if resource.before.get("entrance") == resource.after.get("entrance") else set()
    return resource.changed - _OF_A_CHECK - same


def _kinds(
    resources: Sequence[Touched],
    losses: Sequence[Loss],
    permissions: Sequence[PermissionChange],
    weak: Sequence[Weakened],
    fleet: FleetChange | None,
) -> tuple[Kind, ...]:
    has = {
        Kind.DESTROYS: bool(losses),
        Kind.PERMISSIONS: any(change.widened or change.unknown for change in permissions),
        Kind.GUARDS: bool(weak),
        Kind.BITS: bool(fleet and fleet.bits),
        Kind.FLEET: bool(fleet and (fleet.changes_fleet or fleet.is_gone)),
        Kind.TRAFFIC: bool(fleet and fleet.moves),
    }
    kinds = {kind for kind, is_there in has.items() if is_there}
    kinds |= {kind for each in resources for kind in _plain_kinds(each, fleet)}
    return tuple(kind for kind in Kind if kind in kinds)


def _plain_kinds(resource: Touched, fleet: FleetChange | None) -> Iterator[Kind]:
    """What a resource's change is besides what was found in it; what a fleet change brings with it is part of that."""
    effect, changed = resource.effect, _really(resource)
    if effect is Effect.READ or _comes_with_the_fleet(resource, fleet):
        return
    if effect in {Effect.CREATE, Effect.ADOPT}:
        if not resource.type.startswith("pulumi:providers:"):
            yield Kind.CREATES
    elif effect in {Effect.DELETE, Effect.ABANDON}:
        yield Kind.REMOVES
    elif effect is Effect.REPLACE and resource.kind.nature is Nature.HOLDS:
        return  # a loss, which says it all
    elif changed - described(resource):
        yield Kind.SETTINGS
    elif changed:
        yield Kind.METADATA
    elif effect is not Effect.NONE and not _told_by_the_fleet(resource, fleet):
        yield Kind.SETTINGS  # the engine changes it and does not say what


def _comes_with_the_fleet(resource: Touched, fleet: FleetChange | None) -> bool:
    """Whether it is what serves, watches or scales a version that this change adds, drops, resizes or rescales, or the room for it."""
    if _is_room(resource, fleet):
        return True
    if fleet is None or not resource.kind.per_version:
        return False
    changing = {*fleet.added, *fleet.dropped, *(r.after.version for r in fleet.resized)}
    if resource.type in {SCALING_TARGET, AUTOSCALER}:
        changing |= {scaled.version for scaled in fleet.scaled}
    return variant_of(resource.before or resource.after) in {variant_name(parse_version(v)) for v in changing}


def _is_room(resource: Touched, fleet: FleetChange | None) -> bool:
    """Whether only what the namespace's pods may take becomes another, which follows from how many versions there are and of which size."""
    return (
        resource.type in {QUOTA, LIMITS}
        and resource.effect is Effect.UPDATE
        and fleet is not None
        and fleet.changes_fleet
        and beside_room(resource.before) == beside_room(resource.after)
    )


def _told_by_the_fleet(resource: Touched, fleet: FleetChange | None) -> bool:
    return (
        resource.type in ENDPOINTS
        and fleet is not None
        and (fleet.moves or fleet.changes_fleet or fleet.is_gone or bool(fleet.bits))
    )
