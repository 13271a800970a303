"""What a change puts at risk, and what it costs, in sentences; alike things are said once."""

from collections.abc import Iterator, Sequence

from modeldelivery.review.core.change import Weakened
from modeldelivery.review.core.compare import Untested, When
from modeldelivery.review.core.cost import CostChange
from modeldelivery.review.core.permissions import PermissionChange
from modeldelivery.review.core.words import Line, Name, listed, words

_MOST = 6  # grants of one policy that are told one by one


def permission_lines(change: PermissionChange) -> Iterator[Line]:
    resource = (
        (Name(change.urn.rpartition("::")[2]), " ", Name(change.property))
        if change.property
        else (Name(change.urn.rpartition("::")[2]),)
    )
    if change.unknown:
        yield ("CANNOT TELL who may do what by ", *resource, ": ", Name(change.why or "not known yet"))
    sentences: dict[str, list[str]] = {}
    for widened in change.widened:  # one grant may be new in several ways
        sentences.setdefault(widened.detail, []).append(widened.kind)
    for detail, kinds in list(sentences.items())[:_MOST]:
        yield ("WIDENS ", *resource, f" ({', '.join(dict.fromkeys(kinds))}): ", Name(detail))
    if len(sentences) > _MOST:
        yield ("WIDENS ", *resource, f": {len(sentences) - _MOST} more")
    if change.narrowed and not change.widened and not change.unknown:
        yield ("Narrows ", *resource, ".")


def weakened_lines(weaknesses: Sequence[Weakened]) -> Iterator[Line]:
    """Each way to be less safe once, with all that are so."""
    by_reason: dict[str, list[Weakened]] = {}
    for each in weaknesses:
        for reason in each.why:
            by_reason.setdefault(reason, []).append(each)
    for reason, these in by_reason.items():
        yield ("WEAKENS ", *_all([(each.words, each.name) for each in these]), ": ", Name(reason))


def untested_lines(source: str, untested: Sequence[Untested]) -> Iterator[Line]:
    """Alike ones together."""
    alike: dict[tuple[When, str, tuple[str, ...]], list[Untested]] = {}
    for each in untested:
        alike.setdefault((each.when, each.effect, each.properties), []).append(each)
    for (when, effect, properties), these in alike.items():
        what = _all([(each.words, each.name) for each in these])
        where: Line = (" (", *listed(properties), ")") if properties else ()
        if when is When.TOGETHER:
            yield (Name(source), f" gets it {when}: ", *what, *where)
        else:
            yield ("NOT TRIED in ", Name(source), f" ({effect}): ", *what, *where)


def _all(resources: Sequence[tuple[str, str]]) -> Line:
    """Resources by type: alarm `a`, `b`; scaling target `a`."""
    by_type: dict[str, list[str]] = {}
    for type_, name in resources:
        by_type.setdefault(type_, []).append(name)
    line: list[str | Name] = []
    for type_, names in by_type.items():
        line += ["; "] if line else []
        line += [words(type_), " ", *listed(tuple(names))]
    return tuple(line)


def cost_lines(cost: CostChange) -> Iterator[Line]:
    if cost.unpriced:
        yield (
            "Cost: UNPRICED ",
            *listed(cost.unpriced),
            f"; the rest {_dollars(cost)} (prices of {cost.date}).",
        )
    elif cost.least or cost.most:
        yield (f"Cost: {_dollars(cost)} (prices of {cost.date}).",)
    if cost.pods:
        yield ("On the cluster's nodes, not priced here: ", *listed(cost.pods), ".")
    if cost.by_use:
        yield ("Costs by use, not counted: ", *listed(cost.by_use), ".")


def _dollar(amount: float) -> str:
    return f"{'+' if amount >= 0 else '-'}${abs(amount):,.{0 if abs(amount) >= 10 else 2}f}"  # noqa: PLR2004 - cents


def _dollars(cost: CostChange) -> str:
    least, most = (_dollar(cost.least), _dollar(cost.most))
    if cost.least == cost.most:
        return f"{least} a month"
    return f"{least} a month on the fewest instances, {most} on the most"
