"""SageMaker's side of the protocol: what becomes of an endpoint, in every way that AWS' words allow.

Each function returns all endpoints that may follow. Where AWS does not say which, there is more than one, and a history takes
one of them. `sandbox/hosting` answers the same questions by a coin (ADR 20).
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from modeldelivery.release.core.endpoint import Condition, Endpoint, Incarnation, Variant
from modeldelivery.release.version import Version

Spread = tuple[tuple[Version, float], ...]
Seen = tuple[tuple[Version, Variant], ...]
replace = msgspec.structs.replace


class Host(msgspec.Struct, frozen=True, gc=False):
    """The endpoint as its platform has it.

    Attributes:
        created: when its life began.
        pending: configuration and variants that it is changing to.
        weighed: a weights call was taken; until then one must name the weight of every variant.
        stuck: UpdateRollbackFailed: it serves a mix, and takes no weights.
        failure: why the last change failed.
        tag: what a move without the journal left on it.
        version: of the object that weights are written to, on a platform with compare-and-swap; 0 on one without.
        seal: operation that last wrote there.
    """

    config: str
    variants: Seen
    created: float = 1.0
    pending: tuple[str, Seen] | None = None
    weighed: bool = True
    stuck: bool = False
    failure: str | None = None
    tag: str | None = None
    version: int = 0
    seal: str | None = None

    @property
    def swaps(self) -> bool:
        """Whether the platform has compare-and-swap."""
        return self.version > 0

    @property
    def current(self) -> Spread:
        return tuple([(v, each.current) for v, each in self.variants])

    @property
    def desired(self) -> Spread:
        return tuple([(v, each.desired) for v, each in self.variants])

    @property
    def starting(self) -> bool:
        """Whether pods that were requested are not there yet: another object's, whatever becomes of the weights."""
        return self.swaps and any(each.instances < each.instances_desired for _, each in self.variants)

    @property
    def serving(self) -> frozenset[Version]:
        """Versions that get traffic."""
        return frozenset(v for v, each in self.variants if each.current > 0)

    def described(self) -> Endpoint:
        condition, word = Condition.READY, "InService"
        if self.pending:
            condition = Condition.SETTLING if self.swaps else Condition.BUSY
            word = "Updating"
        elif self.stuck:
            condition, word = Condition.BROKEN, "UpdateRollbackFailed"
        return Endpoint(
            incarnation=Incarnation("arn:endpoint", self.created),
            condition=condition,
            word=word,
            config=self.config,
            variants=dict(self.variants),
            failure=self.failure,
            token=str(self.version) if self.swaps else "",
            seal=self.seal,
        )


def made(
    config: str,
    weights: Mapping[Version, float],
    *,
    instances: Mapping[Version, int] | None = None,
    created: float = 1.0,
    **more: object,
) -> Host:
    """An endpoint at rest with one instance of each version that `instances` does not name; one just created was never `weighed`."""
    counts = instances or {}
    variants = tuple((v, variant(w, counts.get(v, 1))) for v, w in sorted(weights.items()))
    return Host(config=config, variants=variants, created=created, **more)  # type: ignore[arg-type]


def variant(weight: float, instances: int = 1) -> Variant:
    """One of which nothing is being changed."""
    return Variant(current=weight, desired=weight, instances=instances, instances_desired=instances)


def reweighed(
    host: Host, weights: Mapping[Version, float], counts: Mapping[Version, int] | None = None
) -> tuple[Host, ...]:
    """UpdateEndpointWeightsAndCapacities; empty when it is refused.

    A variant that a call does not name, or names without one of the two, keeps what it has there. Which, where Desired and
    Current differ, AWS does not say.
    """
    counts = counts or {}
    names = {v for v, _ in host.variants}
    if host.pending or host.stuck or not names.issuperset({*weights, *counts}):
        return ()
    if not host.weighed and names != set(weights):
        return ()
    ways = []
    for desired in _answers(host):
        after = tuple(
            (v, _named(each, weights.get(v), counts.get(v), desired=desired)) for v, each in host.variants
        )
        if sum(each.desired for _, each in after) > 0:
            way = replace(host, variants=after, weighed=True)
            ways.append(replace(way, pending=(host.config, _arrived(after, counts=not host.swaps))))
    return tuple(dict.fromkeys(ways))


def scaled(host: Host, version: Version, instances: int) -> tuple[Host, ...]:
    """More instances where they are another object's: they are there, or not yet; traffic and a change under way stay as they are."""
    requested = _each(
        host, lambda v, variant: replace(variant, instances_desired=instances) if v == version else variant
    )
    return tuple(dict.fromkeys((started(requested), requested)))


def started(host: Host) -> Host:
    """All that was requested runs."""
    return _each(host, lambda _, variant: replace(variant, instances=variant.instances_desired))


def _each(host: Host, change: Callable[[Version, Variant], Variant]) -> Host:
    """The endpoint with every variant changed, those that it is changing to as well."""
    variants = tuple((v, change(v, each)) for v, each in host.variants)
    if host.pending is None:
        return replace(host, variants=variants)
    config, after = host.pending
    return replace(
        host, variants=variants, pending=(config, tuple((v, change(v, each)) for v, each in after))
    )


def _answers(host: Host) -> tuple[bool, ...]:
    """Whether Desired goes on where it differs from Current; what is asked for is what is kept where it is an object's text."""
    return (True,) if host.swaps else (False, True)


def _named(each: Variant, weight: float | None, count: int | None, *, desired: bool) -> Variant:
    left = each if desired else replace(each, desired=each.current, instances_desired=each.instances)
    return replace(
        left,
        desired=left.desired if weight is None else weight,
        instances_desired=left.instances_desired if count is None else count,
    )


def _arrived(variants: Seen, *, counts: bool) -> Seen:
    """With what was requested; of instances only where they come by the same change."""
    return tuple(
        (v, replace(s, current=s.desired, instances=s.instances_desired if counts else s.instances))
        for v, s in variants
    )


def updated(
    host: Host, config: str, fleet: Iterable[Version], initial: Mapping[Version, float]
) -> tuple[Host, ...]:
    """UpdateEndpoint with RetainAllVariantProperties; empty when it is refused.

    "Variant properties" of a variant that stays are retained. Whether that is what it has or what it was to have, where
    the two differ, AWS does not say.
    """
    if host.pending:
        return ()
    before = dict(host.variants)
    ways = []
    for desired in _answers(host):
        after = tuple(
            (v, _retained(before[v], desired=desired) if v in before else variant(initial.get(v, 0)))
            for v in sorted(fleet)
        )
        if sum(each.current for _, each in after) > 0:
            ways.append(replace(host, pending=(config, after), failure=None))
    return tuple(dict.fromkeys(ways))


def _retained(each: Variant, *, desired: bool) -> Variant:
    weight, count = (each.desired, each.instances_desired) if desired else (each.current, each.instances)
    return variant(weight, count)


def finished(host: Host) -> Host:
    """The change under way has come to its end."""
    assert host.pending is not None
    config, variants = host.pending
    return replace(host, config=config, variants=variants, pending=None, stuck=False, failure=None)


def taken_back(host: Host, why: str | None = None) -> tuple[Host, ...]:
    """What was goes on, silently: the old configuration, weights and counts.

    Desired is reverted or stays as asked: AWS does not say (terraform-provider-aws#48997).
    """
    still = replace(host, pending=None, failure=why)
    reverted = tuple(
        (v, replace(s, desired=s.current, instances_desired=s.instances)) for v, s in host.variants
    )
    return tuple(dict.fromkeys((replace(still, variants=reverted), still)))


def mixed(host: Host, why: str) -> Host:
    """UpdateRollbackFailed: "in service with a mix" of the old configuration and the one that it was changing to."""
    assert host.pending is not None
    old = dict(host.variants)
    new = {v: each for v, each in host.pending[1] if v not in old}
    return replace(
        host, variants=tuple(sorted({**old, **new}.items())), pending=None, stuck=True, failure=why
    )


def moved_by_hand(host: Host, weights: Mapping[Version, float]) -> Host:
    """Someone used the console and waited until it was through."""
    variants = tuple((v, replace(s, current=weights[v], desired=weights[v])) for v, s in host.variants)
    return replace(host, variants=variants, weighed=True)
