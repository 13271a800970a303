"""What a change does to the endpoint's versions: which gets how much traffic, which come and go, which bits are new."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from modeldelivery.catalogue.tokens import (
    AUTOSCALER,
    DEPLOYMENT,
    ENDPOINTS,
    LIMITS,
    MODEL,
    QUOTA,
    ROUTE,
    SCALING_TARGET,
)
from modeldelivery.release.core.request import Member, Part, Release, RouteMember, Rules
from modeldelivery.release.naming import Environment, variant_name
from modeldelivery.release.version import BadVersionError, Version, parse_version, precedence
from modeldelivery.review.core.cluster import capacity
from modeldelivery.review.core.document import DocumentError
from modeldelivery.review.core.of_version import bounds, models, variant_of
from modeldelivery.review.core.touched import Effect, Touched

Weights = dict[str, int]


class _Endpoint(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is read of the Endpoint's inputs; the rest is judged as any resource's.

    `unread_rules` are those that this reader does not know: another version of the program wrote them.
    """

    endpoint_name: str
    release: Release
    variants: tuple[Member, ...]
    rules: Rules
    unread_rules: dict[str, Any]
    weights: Weights = {}
    serving_at_check: Weights = {}
    fallback_at_check: str | None = None


class Resized(msgspec.Struct, frozen=True, kw_only=True):
    """One version that goes on with other instances."""

    before: Member
    after: Member


class Scaled(msgspec.Struct, frozen=True, kw_only=True):
    """One version whose instances may go between other bounds; each is (fewest, most)."""

    version: Version
    before: tuple[int, int]
    after: tuple[int, int]


class Bits(msgspec.Struct, frozen=True, kw_only=True):
    """The image and the model of a version that is new here, beside those of the version that it is compared with.

    Attributes:
        version: that has new bits.
        against: the version serving before; the version itself when the same name gets other bits.
        image: image digests, before and after; None where not known.
        model: digests of the model artifact, likewise.
    """

    version: Version
    against: Version | None
    image: tuple[str | None, str | None]
    model: tuple[str | None, str | None]

    @property
    def under_an_old_name(self) -> bool:
        """A version names one set of bits for ever; this one does not."""
        return self.version == self.against

    @property
    def is_told(self) -> bool:
        """Whether the document has them: of a version that somebody else delivers it has not."""
        return any((*self.image, *self.model))


class FleetChange(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a change does to the endpoint's versions.

    Attributes:
        name: of the endpoint.
        live: config's `live`, before and after.
        before: weights now, by version.
        after: weights once the change is applied.
        members: versions afterwards.
        fallback: where a rollback would go now.
        room: what the namespace's pods may take together, where that changes; nothing on SageMaker.
        loosened: demands on changes that are given up.
        promoted_from: where a version had to have carried all traffic, until this change.
    """

    name: str
    live: tuple[Version | None, Version | None]
    before: dict[Version, int]
    after: dict[Version, int]
    added: tuple[Version, ...] = ()
    dropped: tuple[Version, ...] = ()
    resized: tuple[Resized, ...] = ()
    scaled: tuple[Scaled, ...] = ()
    bits: tuple[Bits, ...] = ()
    members: tuple[Member, ...] = ()
    members_before: tuple[Member, ...] = ()
    fallback: Version | None = None
    room: tuple[str, ...] = ()
    loosened: tuple[str, ...] = ()
    promoted_from: Environment | None = None

    @property
    def moves(self) -> bool:
        """Whether traffic moves from one version to another; the first of all versions takes it from none."""
        return bool(self.before) and _shares(self.before) != _shares(self.after)

    @property
    def gaining(self) -> tuple[Version, ...]:
        """Versions that get more traffic than now."""
        return tuple(v for v, weight in self.after.items() if weight > self.before.get(v, 0))

    @property
    def changes_fleet(self) -> bool:
        return bool(self.added or self.dropped or self.resized or self.scaled)

    @property
    def is_gone(self) -> bool:
        """Whether the endpoint that the state knows is not there: someone deleted it, and the change makes it again."""
        return self.live[0] is not None and not self.before

    @property
    def drops_fallback(self) -> bool:
        return self.fallback is not None and self.fallback in self.dropped


def fleet_change(resources: Sequence[Touched]) -> FleetChange | None:
    """Read it off the Endpoint and its Models; None where there is no endpoint.

    Raises:
        DocumentError: more than one endpoint, or one whose inputs cannot be read.
    """
    endpoints = [each for each in resources if each.type in ENDPOINTS]
    if not endpoints:
        return None
    if len(endpoints) > 1:
        raise DocumentError(
            f"the stack has {len(endpoints)} endpoints, {', '.join(e.urn for e in endpoints)}: one is read"
        )
    (endpoint,) = endpoints
    before, after = (capacity.pods_by_version(resources, after=after) for after in (False, True))
    old = _read(endpoint, endpoint.before, before) if endpoint.old else None
    new = _read(endpoint, endpoint.after, after) if endpoint.new else None
    if new is None:
        assert old is not None, "a touched resource has a state"
        return FleetChange(
            name=old.endpoint_name,
            live=(old.release.live, None),
            before=_weights(endpoint.urn, old.weights),
            after={},
            dropped=tuple(member.version for member in old.variants),
            members_before=old.variants,
        )
    return _compare(endpoint, old, new, resources)


def _compare(
    endpoint: Touched, old: _Endpoint | None, new: _Endpoint, resources: Sequence[Touched]
) -> FleetChange:
    urn = endpoint.urn
    was = {member.version: member for member in old.variants} if old else {}
    will = {member.version: member for member in new.variants}
    # An endpoint that is made anew takes the place of one that serves; check saw only the new one.
    replaced = old is not None and endpoint.effect is Effect.REPLACE
    before = _weights(urn, old.weights if old and replaced else new.serving_at_check)
    after = _weights(urn, new.weights)
    serving = max(before, key=lambda v: before[v], default=None)
    return FleetChange(
        name=new.endpoint_name,
        live=(old.release.live if old else None, new.release.live),
        before=before,
        after=after,
        added=tuple(v for v in will if v not in was),
        dropped=tuple(v for v in was if v not in will),
        resized=tuple(
            Resized(before=was[v], after=will[v]) for v in will if v in was and _is_resized(was[v], will[v])
        ),
        scaled=tuple(_scaled(resources, tuple(v for v in will if v in was))),
        bits=tuple(_new_bits(was, will, serving, resources)),
        members=new.variants,
        members_before=old.variants if old else (),
        fallback=_version(urn, new.fallback_at_check) if new.fallback_at_check else None,
        room=tuple(_room(resources)),
        loosened=tuple(_loosened(old, new)) if old else (),
        promoted_from=old.rules.promotes_from if old else None,
    )


def _scaled(resources: Sequence[Touched], versions: Sequence[Version]) -> Iterator[Scaled]:
    """Versions that stay, between other bounds."""
    variants = {variant_name(v): v for v in versions}
    for resource in resources:
        version = variants.get(variant_of(resource.before))
        if resource.type in {SCALING_TARGET, AUTOSCALER} and version and resource.new:
            before, after = bounds(resource.before), bounds(resource.after)
            if before and after and before != after:
                yield Scaled(version=version, before=before, after=after)


def _room(resources: Sequence[Touched]) -> Iterator[str]:
    for each in resources:
        if each.type in {QUOTA, LIMITS} and each.old and each.new:
            yield from capacity.bounds_that_change(each.before, each.after)


def _new_bits(
    was: Mapping[Version, Member],
    will: Mapping[Version, Member],
    serving: Version | None,
    resources: Sequence[Touched],
) -> Iterator[Bits]:
    """Versions whose bits are not those that the same name had, and new versions whose bits are not the serving ones'."""
    serve = [each for each in resources if each.type in {MODEL, DEPLOYMENT}]
    old_models = dict(models(each.before for each in serve))
    new_models = dict(models(each.after for each in serve))
    nothing: tuple[str | None, str | None] = (None, None)
    for version, member in will.items():
        against = version if version in was else serving
        image, model = old_models.get(against, nothing) if against else nothing
        new_image, new_model = new_models.get(version, nothing)
        # A model that the document does not show is the same as before, if it was there.
        if version in was and version not in new_models:
            new_image, new_model = image, model
        same = (image, model) == (new_image, new_model)
        if version in was and (not same or was[version].digest != member.digest):
            yield Bits(version=version, against=version, image=(image, new_image), model=(model, new_model))
        elif version not in was:
            yield Bits(version=version, against=against, image=(image, new_image), model=(model, new_model))


def _loosened(old: _Endpoint, new: _Endpoint) -> Iterator[str]:
    """Also a rule that is not known here and stays not as it was: it may have demanded anything."""
    yield from new.rules.weaker_than(old.rules)
    for rule, value in old.unread_rules.items():
        if new.unread_rules.get(rule) != value:
            yield f"its rule {rule}, which this reader does not know, is changed or given up"


def _read(endpoint: Touched, inputs: Mapping[str, Any], pods: Mapping[str, capacity.Pods]) -> _Endpoint:
    """With the types that the provider reads them with, and without the fields that another version of it wrote."""
    rules, unread_rules = _parted(Rules, inputs.get("rules"))
    is_route = endpoint.type == ROUTE
    variants = inputs.get("variants")
    if isinstance(variants, list):
        variants = [_parted(RouteMember if is_route else Member, variant)[0] for variant in variants]
    release, _ = _parted(Release, inputs.get("release"))
    read = {"release": release, "variants": variants, "rules": rules, "unreadRules": unread_rules}
    try:
        if is_route:
            members = msgspec.convert(variants, tuple[RouteMember, ...])
            read |= {
                "endpointName": inputs.get("routeName"),
                "variants": tuple(_served(m, pods.get(m.version)) for m in members),
            }
        return msgspec.convert({**inputs, **read}, _Endpoint)
    except msgspec.ValidationError as error:
        raise DocumentError(f"the inputs of {endpoint.urn} cannot be read: {error}") from error


def _served(member: RouteMember, pods: capacity.Pods | None) -> Member:
    """What is behind a route, as a member: its instances are pods. Those that somebody else delivers are not in the document."""
    return Member(
        version=member.version,
        digest=member.digest,
        model_name=member.name,
        instance_type=pods.size if pods else "",
        instance_count=pods.least if pods else 0,
    )


def _parted(kind: type[Part], value: Any) -> tuple[Any, dict[str, Any]]:
    """The fields that `kind` knows, and the others that hold something; what is no object is left for `convert` to refuse."""
    if not isinstance(value, Mapping):
        return value, {}
    fields = {key: each for key, each in value.items() if key in kind.__struct_encode_fields__}
    return fields, {key: each for key, each in value.items() if key not in fields and each is not None}


def _version(urn: str, text: str) -> Version:
    try:
        return parse_version(text)
    except BadVersionError as error:
        raise DocumentError(f"in {urn}: {error}") from error


def _weights(urn: str, weights: Weights) -> dict[Version, int]:
    if any(not 0 <= weight <= 100 for weight in weights.values()):  # noqa: PLR2004 - weights are of 100
        raise DocumentError(f"in {urn}: weights {weights} are not from 0 to 100")
    read = {_version(urn, text): weight for text, weight in weights.items()}
    return {v: read[v] for v in sorted(read, key=precedence, reverse=True)}


def _shares(weights: Mapping[Version, int]) -> dict[Version, int]:
    """A version at 0 and one that is not there get the same."""
    return {version: weight for version, weight in weights.items() if weight}


def _is_resized(before: Member, after: Member) -> bool:
    """Whether it has other instances; where one side's are not known, nothing can be told."""
    sizes = [(each.instance_type, each.instance_count) for each in (before, after)]
    return sizes[0] != sizes[1] and all(size for size, _ in sizes)
