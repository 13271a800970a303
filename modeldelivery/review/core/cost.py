"""What a month costs more or less after the change, by a dated table; what the table does not have is said to be unpriced.

Pods are on the bill of whoever runs the cluster's nodes: what they ask for is said, and no price.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from modeldelivery.catalogue.kind import Cost
from modeldelivery.catalogue.tokens import ALARM, ROUTE, SCALING_TARGET
from modeldelivery.release.core.request import Member
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version
from modeldelivery.review.core.cluster import capacity
from modeldelivery.review.core.fleet import FleetChange
from modeldelivery.review.core.of_version import metrics_of, variant_of
from modeldelivery.review.core.touched import Effect, Touched

HOURS = 730  # a month


class Prices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The table. All in US dollars.

    Attributes:
        date: when it was looked up, ISO 8601.
        instance_hour: region → instance type → an hour of one instance that serves.
        month: resource type that the catalogue says is paid by month → a month of one.
    """

    date: str
    instance_hour: dict[str, dict[str, float]]
    month: dict[str, float]


class CostChange(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars a month.

    Attributes:
        least: difference while each version runs on its fewest instances.
        most: difference while each has scaled out to its most.
        before: what the priced part costs now, at least.
        unpriced: what is added or taken away and has no price in the table: instance types and resource types.
        by_use: what is added or taken away and costs by use.
        pods: what of each size asks for room on the cluster, before and after, where that changes.
        date: of the table.
    """

    least: float
    most: float
    before: float
    unpriced: tuple[str, ...]
    by_use: tuple[str, ...]
    pods: tuple[str, ...] = ()
    date: str


def cost_change(
    prices: Prices, region: str, resources: Sequence[Touched], fleet: FleetChange | None
) -> CostChange:
    """Compare the stack before with the stack after."""
    hourly = prices.instance_hour.get(region, {})
    unpriced = Counter[str]()
    on_nodes = any(each.type == ROUTE for each in resources)
    old, new = (fleet.members_before, fleet.members) if fleet and not on_nodes else ((), ())
    before = [_instances(hourly, old, _most(resources, after=False), unpriced, -1)]
    after = [_instances(hourly, new, _most(resources, after=True), unpriced, 1)]
    by_use = set[str]()
    for resource in resources:
        change, paid = _count(resource), resource.kind.cost
        price = prices.month.get(resource.type) if paid is Cost.BY_MONTH else None
        if price is not None:
            there = resource.old is not None
            held = price * there * _units(resource.type, resource.before)
            left = (
                price
                * (there + change)
                * _units(resource.type, resource.after if resource.new else resource.before)
            )
            before.append((held, held))
            after.append((left, left))
        elif change and paid is Cost.BY_USE:
            by_use.add(resource.kind.words)
        elif change and paid not in {Cost.FREE, Cost.BY_INSTANCE, Cost.BY_NODE}:
            unpriced[resource.kind.words] += change
    was, will = _sum(before), _sum(after)
    return CostChange(
        least=round(will[0] - was[0], 2),
        most=round(will[1] - was[1], 2),
        before=round(was[0], 2),
        unpriced=tuple(f"{count:+d} {what}" for what, count in sorted(unpriced.items()) if count),
        by_use=tuple(sorted(by_use)),
        pods=tuple(_pods(resources)),
        date=prices.date,
    )


def _instances(
    hourly: Mapping[str, float],
    members: Sequence[Member],
    most: Mapping[str, int],
    unpriced: Counter[str],
    sign: int,
) -> tuple[float, float]:
    least = top = 0.0
    for member in members:
        price = hourly.get(member.instance_type)
        if price is None:
            unpriced[member.instance_type] += sign * member.instance_count
            continue
        variant = variant_name(Version(member.version))
        least += price * HOURS * member.instance_count
        top += price * HOURS * max(member.instance_count, most.get(variant, 0))
    return least, top


def _pods(resources: Sequence[Touched]) -> Iterator[str]:
    """`4 to 16 → 6 to 24 pods of 500m CPU, 512Mi`: those of one size together."""
    before, after = (_by_size(resources, after=after) for after in (False, True))
    for size in dict.fromkeys((*before, *after)):
        was, will = before.get(size), after.get(size)
        if was != will:
            counts = " → ".join(capacity.count(*each) for each in (was or (0, 0), will or (0, 0)))
            yield f"{counts} pods of {size}"


def _by_size(resources: Sequence[Touched], *, after: bool) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for pods in capacity.pods_by_version(resources, after=after).values():
        least, most = sums.get(pods.size, (0, 0))
        sums[pods.size] = least + pods.least, most + pods.most
    return sums


def _most(resources: Sequence[Touched], *, after: bool) -> dict[str, int]:
    """To how many instances each variant may scale."""
    return dict(_limits(resources, after=after))


def _limits(resources: Sequence[Touched], *, after: bool) -> Iterator[tuple[str, int]]:
    for resource in resources:
        inputs = resource.after if after else resource.before
        limit = inputs.get("maxCapacity")
        if resource.type == SCALING_TARGET and isinstance(limit, int):
            yield variant_of(inputs), limit


def _units(type_: str, inputs: Mapping[str, Any]) -> int:
    """How many of what a month's price is of: an alarm by an expression is paid for by metric."""
    return max(len(metrics_of(inputs)) - 1, 1) if type_ == ALARM else 1


def _count(resource: Touched) -> int:
    """How many more there are afterwards: a replacement leaves one where there was one."""
    if resource.effect in {Effect.CREATE, Effect.ADOPT}:
        return 1
    return -1 if resource.effect is Effect.DELETE else 0


def _sum(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return sum(part[0] for part in parts), sum(part[1] for part in parts)
