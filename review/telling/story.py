"""From reviews to a page: what production will feel, in the order in which a reviewer wants to know it."""

from collections.abc import Iterator, Sequence

from review.core.change import Change, Kind, Weakened
from review.core.compare import Unheard, When
from review.core.cost import CostChange
from review.core.evidence import Evidence, Verdict
from review.core.fleet import Bits, FleetChange, Resized
from review.core.permissions import PermissionChange
from review.core.review import Review
from review.core.rules import DESTROYS
from review.core.words import Line, Name, listed, words
from review.telling.page import Page, Section, Table

_MOST = 6  # grants of one policy that are told one by one
_RELEASE = (Kind.TRAFFIC, Kind.FLEET, Kind.BITS)


def tell(reviews: Sequence[Review]) -> Page:
    """Tell of all environments at once; the last is the one that matters most, and comes first.

    Args:
        reviews: in the order in which environments get a change.
    """
    title = _heading(reviews[-1])
    parts = [
        section
        for review in reversed(reviews)
        for section in _environment(review, brief=_brief(review, reviews), title=title)
    ]
    return Page(
        title=title,
        sections=tuple(parts),
        refused=any(review.refusals for review in reviews),
    )


def _brief(review: Review, reviews: Sequence[Review]) -> bool:
    """A change of one environment's release and nothing else is told in a few lines."""
    others = [other for other in reviews if other is not review]
    return review.change.only(*_RELEASE) and all(other.change.is_nothing for other in others)


def _heading(review: Review) -> Line:
    return (Name(review.environment), " will feel: ", *headline(review.change))


def headline(change: Change) -> Line:
    """The change in one line."""
    if change.losses:
        loss = change.losses[0]
        more = f" and {len(change.losses) - 1} more" if len(change.losses) > 1 else ""
        return (f"{loss.verb} the ", words(loss.words), " ", Name(loss.name), more)
    if change.errors:
        return ("cannot be told, for the preview FAILED",)
    if not change.kinds:
        return ("nothing",)
    if change.only(Kind.METADATA):
        return ("metadata only",)
    if change.only(Kind.TRAFFIC) and change.fleet:
        return ("traffic only: ", *_traffic(change.fleet))
    return (", ".join(change.kinds),)


def _environment(review: Review, *, brief: bool, title: Line) -> Iterator[Section]:
    """One environment; what the page's title says is not said again."""
    change = review.change
    if change.is_nothing and not review.refusals and not change.warnings:
        if _heading(review) != title:
            yield Section(title=(Name(review.environment), ": nothing changes"))
        return
    yield Section(
        title=() if _heading(review) == title else _heading(review),
        alarms=tuple(_alarms(review)),
        lines=tuple(_lines(review)),
        tables=tuple(_bits(change.fleet)) if change.fleet else (),
    )
    if not brief and change.plain:
        yield _details(review)


def _alarms(review: Review) -> Iterator[Line]:
    """What is lost, then why it may not go on: each way to mend it once."""
    for loss in review.change.losses:
        because = (" because of ", *listed(loss.because)) if loss.because else ()
        was = ", which is protected" if loss.protected else ""
        yield (f"{loss.verb} the ", words(loss.words), " ", Name(loss.name), was, *because)
    said = set[tuple[str, Line]]()
    for refusal in review.refusals:
        key = (refusal.rule, refusal.fix)
        if key not in said:
            said.add(key)
            # A loss was told in the line above.
            why: Line = () if refusal.rule == DESTROYS else (*refusal.why, ". To mend it: ")
            yield ("Refused (", Name(refusal.rule), "): ", *why, *refusal.fix)


def _lines(review: Review) -> Iterator[Line]:
    change = review.change
    if change.fleet:
        yield from _fleet(change, change.fleet)
    yield from (_evidence(each) for each in review.evidence)
    if change.fleet:
        yield from _way_back(review.environment, change.fleet)
    for permission in change.permissions:
        yield from _permission(permission)
    yield from _weakened(change.weakened)
    yield from _unheard(change.promotes_from or "", review.tried or ())
    if change.promotes_from and review.tried is None and change.kinds:
        yield (
            "Whether ",
            Name(change.promotes_from),
            " has had this cannot be told: it has no preview here.",
        )
    for violation in review.violations:
        if not violation.mandatory:
            yield ("Advice (", Name(violation.policy), "): ", Name(violation.why), ". ", Name(violation.fix))
    yield from _cost(change.cost)
    for warning in change.warnings[:5]:
        yield ("Pulumi warns: ", Name(warning))


def _traffic(fleet: FleetChange) -> Line:
    line: list[str | Name] = []
    for version in dict.fromkeys((*fleet.before, *fleet.after)):
        was, will = fleet.before.get(version, 0), fleet.after.get(version, 0)
        if was != will:
            line += [", " if line else "", Name(version), f" {was} → {will} %"]
    return tuple(part for part in line if part != "")


def _fleet(change: Change, fleet: FleetChange) -> Iterator[Line]:
    if change.losses and not fleet.after:
        return
    if fleet.is_gone:
        yield (
            "The endpoint ",
            Name(fleet.name),
            " is GONE: someone deleted it, and this change makes it again.",
        )
    if fleet.moves and not change.only(Kind.TRAFFIC):  # else the heading says it
        yield ("Traffic: ", *_traffic(fleet), ".")
    elif fleet.before and (fleet.changes_fleet or fleet.bits) and not change.losses:
        serving = tuple(version for version, weight in fleet.after.items() if weight)
        yield ("No traffic moves: ", *listed(serving), " goes on serving.")
    if fleet.live[0] != fleet.live[1] and not fleet.moves and fleet.before:
        asked = fleet.live[1]
        serves = asked is not None and bool(fleet.after.get(asked))
        yield (
            "Config asks for ",
            Name(asked or "nothing"),
            " now, which serves already." if serves else " now, and it gets no traffic by this change.",
        )
    for version in fleet.added:
        weight = fleet.after.get(version, 0)
        yield ("Joins the fleet: ", Name(version), f" at {weight} %.")
    for version in fleet.dropped:
        tail = ", to which a rollback goes now" if version == fleet.fallback else ""
        yield ("Leaves the fleet: ", Name(version), tail, ".")
    yield from (_resized(each) for each in fleet.resized)
    for scaled in fleet.scaled:
        yield (
            "Scales otherwise: ",
            Name(scaled.version),
            f" on {_bounds(scaled.after)} instances, not on {_bounds(scaled.before)}.",
        )


def _bounds(bounds: tuple[int, int]) -> str:
    return f"{bounds[0]} to {bounds[1]}"


def _resized(each: Resized) -> Line:
    was, will = each.before, each.after
    return (
        "Other instances: ",
        Name(will.version),
        f" from {was.instance_count} x ",
        Name(was.instance_type),
        f" to {will.instance_count} x ",
        Name(will.instance_type),
        ".",
    )


def _evidence(each: Evidence) -> Line:
    proof = each.proof
    head: Line = ("Evidence for ", Name(each.version), ": ")
    if proof is None or each.verdict is Verdict.ABSENT:
        return (*head, "in ", Name(each.source), f" it {each.verdict}.")
    line: list[str | Name] = [*head, f"{each.verdict} in ", Name(each.source)]
    if proof.version != each.version:
        line += [" as ", Name(proof.version)]
    if proof.served_since:
        line.append(f" for {_duration(proof.served_seconds)}, first {proof.served_since:%Y-%m-%d %H:%M} UTC")
        line.append(", serves there now" if proof.serving else "")
    if proof.rejected:
        line += [" (", Name(proof.rejected), ")"]
    for metric, value in sorted((proof.metrics or {}).items())[:6]:
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        line += ["; ", Name(metric), " ", Name(shown)]
    if not proof.metrics:
        line.append("; no metrics were recorded")
    return (*(part for part in line if part != ""), ".")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _way_back(environment: str, fleet: FleetChange) -> Iterator[Line]:
    """How the traffic comes back, once this is applied."""
    if not fleet.moves:
        return
    served = max(fleet.before, key=lambda version: fleet.before[version])
    if served in fleet.after:
        yield (
            "Take it back: ",
            Name(f"modelctl rollback --env {environment} --reason …"),
            " gives ",
            Name(served),
            f" its traffic again, in seconds; it stays in the fleet at {fleet.after[served]} %.",
        )
    else:
        yield ("NO WAY BACK in seconds: ", Name(served), " leaves the fleet with this change.")


def _permission(change: PermissionChange) -> Iterator[Line]:
    resource = (
        (Name(change.urn.rpartition("::")[2]), " ", Name(change.property))
        if change.property
        else (Name(change.urn.rpartition("::")[2]),)
    )
    if change.unknown:
        yield ("CANNOT TELL who may do what by ", *resource, ": ", Name(change.why or "not known yet"))
    said: dict[str, list[str]] = {}
    for widened in change.widened:  # one grant may be new in several ways
        said.setdefault(widened.detail, []).append(widened.kind)
    for detail, kinds in list(said.items())[:_MOST]:
        yield ("WIDENS ", *resource, f" ({', '.join(dict.fromkeys(kinds))}): ", Name(detail))
    if len(said) > _MOST:
        yield ("WIDENS ", *resource, f": {len(said) - _MOST} more")
    if change.narrowed and not change.widened and not change.unknown:
        yield ("Narrows ", *resource, ".")


def _weakened(found: Sequence[Weakened]) -> Iterator[Line]:
    """Each way to be less safe once, with all that are so."""
    by_reason: dict[str, list[Weakened]] = {}
    for each in found:
        for reason in each.why:
            by_reason.setdefault(reason, []).append(each)
    for reason, these in by_reason.items():
        yield ("WEAKENS ", *_all([(each.words, each.name) for each in these]), ": ", Name(reason))


def _unheard(source: str, found: Sequence[Unheard]) -> Iterator[Line]:
    """Alike ones together."""
    alike: dict[tuple[When, str, tuple[str, ...]], list[Unheard]] = {}
    for each in found:
        alike.setdefault((each.when, each.effect, each.properties), []).append(each)
    for (when, effect, properties), these in alike.items():
        what = _all([(each.words, each.name) for each in these])
        where: Line = (" (", *listed(properties), ")") if properties else ()
        if when is When.TOGETHER:
            yield (Name(source), " gets it with the same change: ", *what, *where)
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


def _cost(cost: CostChange) -> Iterator[Line]:
    if cost.unpriced:
        yield (
            "Cost: UNPRICED ",
            *listed(cost.unpriced),
            f"; the rest {_dollars(cost)} (prices of {cost.date}).",
        )
    elif cost.least or cost.most:
        yield (f"Cost: {_dollars(cost)} (prices of {cost.date}).",)
    if cost.by_use:
        yield ("Costs by use, not counted: ", *listed(cost.by_use), ".")


def _dollar(amount: float) -> str:
    return f"{'+' if amount >= 0 else '-'}${abs(amount):,.{0 if abs(amount) >= 10 else 2}f}"  # noqa: PLR2004 - cents


def _dollars(cost: CostChange) -> str:
    least, most = (_dollar(cost.least), _dollar(cost.most))
    if cost.least == cost.most:
        return f"{least} a month"
    return f"{least} a month on the fewest instances, {most} on the most"


def _bits(fleet: FleetChange) -> Iterator[Table]:
    if fleet.bits:
        yield Table(
            headings=("version", "beside", "image before", "image after", "model before", "model after"),
            rows=tuple(_bit(each) for each in fleet.bits),
        )


def _bit(each: Bits) -> tuple[Line, ...]:
    cells = (each.version, each.against, each.image[0], each.image[1], each.model[0], each.model[1])
    return tuple((Name(_short(cell)),) if cell else ("-",) for cell in cells)


def _short(digest: str) -> str:
    """Enough of a digest to tell two apart."""
    return digest[:19] + "…" if digest.startswith("sha256:") else digest


def _details(review: Review) -> Section:
    rows = tuple(
        (
            (each.effect,),
            (words(each.words),),
            (Name(each.name),),
            (*listed(each.properties), *((" (known after the update)",) if each.unknown else ())) or ("",),
        )
        for each in review.change.plain
    )
    return Section(
        title=(Name(review.environment), f": all {len(rows)} resources that change"),
        tables=(Table(headings=("what", "type", "name", "properties"), rows=rows),),
        folded=True,
    )
