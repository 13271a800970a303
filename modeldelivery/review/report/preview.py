"""From reviews to a page: the impact on each environment, in the order in which a reviewer wants to know it."""

from collections.abc import Iterator, Sequence

from modeldelivery.review.core.change import Change, Kind
from modeldelivery.review.core.missing import Missing
from modeldelivery.review.core.review import Review
from modeldelivery.review.core.rules import DESTROYS, Refusal
from modeldelivery.review.core.words import Line, Name, listed, words
from modeldelivery.review.report.page import Page, Section, Table, missing_section
from modeldelivery.review.report.release import (
    alarming,
    bits_tables,
    drill_lines,
    evidence_line,
    finding_line,
    fleet_lines,
    judged_lines,
    problem_line,
    traffic,
    unread_line,
    verified_lines,
    way_back,
)
from modeldelivery.review.report.risks import cost_lines, permission_lines, untested_lines, weakened_lines

_MOST = 6  # reasons of one kind that are told one by one
_RELEASE = (Kind.TRAFFIC, Kind.FLEET, Kind.BITS)


def tell(reviews: Sequence[Review], missing: Sequence[Missing] = ()) -> Page:
    """Tell of all environments at once; the last is the one that matters most, and comes first.

    Args:
        reviews: in the order in which environments get a change.
        missing: environments of which there is no review, and why.
    """
    title = _heading(reviews[-1]) if reviews else ()
    parts = [
        section
        for review in reversed(reviews)
        for section in _environment(review, brief=_brief(review, reviews), title=title)
    ]
    return Page(
        title=(*title, *_unknown(missing, alone=not reviews)),
        sections=(*parts[:1], *(missing_section(each) for each in missing), *parts[1:]),
        refused=bool(missing) or any(review.refusals for review in reviews),
    )


def _unknown(missing: Sequence[Missing], *, alone: bool) -> Line:
    """What the title says of environments of which there is no review."""
    if not missing:
        return ()
    return (
        "Impact on " if alone else "; on ",
        *listed(tuple(each.environment for each in missing)),
        ": cannot be told",
    )


def _brief(review: Review, reviews: Sequence[Review]) -> bool:
    """A change of one environment's release and nothing else is told in a few lines."""
    others = [other for other in reviews if other is not review]
    return review.change.only(*_RELEASE) and all(other.change.is_nothing for other in others)


def _heading(review: Review) -> Line:
    worst = next((finding.grade.value for finding in review.health if finding.needs_person), None)
    health: Line = (f", and its endpoint is {worst}",) if worst else ()
    return ("Impact on ", Name(review.environment), ": ", *headline(review.change), *health)


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
        return ("traffic only: ", *traffic(change.fleet))
    return (", ".join(change.kinds),)


def _environment(review: Review, *, brief: bool, title: Line) -> Iterator[Section]:
    """One environment; what the page's title says is not said again."""
    change = review.change
    quiet = change.is_nothing and not review.refusals and not change.warnings
    if (
        quiet
        and not review.health
        and not review.problem
        and not change.unread
        and not alarming(review.judged)
    ):
        if _heading(review) != title:
            yield Section(title=(Name(review.environment), ": nothing changes"))
        return
    yield Section(
        title=() if _heading(review) == title else _heading(review),
        alarms=tuple(_alarms(review)),
        lines=tuple(_lines(review)),
        tables=tuple(bits_tables(change.fleet)) if change.fleet else (),
    )
    if not brief and change.plain:
        yield _details(review)


def _alarms(review: Review) -> Iterator[Line]:
    """What is lost, then why it may not go on: each way to mend it once."""
    yield from (finding_line(each) for each in review.health if each.needs_person)
    for loss in review.change.losses:
        because = (" because of ", *listed(loss.because)) if loss.because else ()
        was = ", which is protected" if loss.protected else ""
        yield (f"{loss.verb} the ", words(loss.words), " ", Name(loss.name), was, *because)
    alike: dict[tuple[str, Line], list[Refusal]] = {}
    for refusal in review.refusals:
        alike.setdefault((refusal.rule, refusal.fix), []).append(refusal)
    for (rule, fix), these in alike.items():
        yield ("Refused (", Name(rule), *_count(these), "): ", *_whys(rule, these), *fix)


def _count(refusals: Sequence[Refusal]) -> Line:
    """How many there are of a kind, and on what; nothing where one stands for itself."""
    if len(refusals) == 1:
        return ()
    resources = tuple(dict.fromkeys(each.resource for each in refusals if each.resource))
    return (f", {len(refusals)} times", *((": ", *listed(resources)) if resources else ()))


def _whys(rule: str, refusals: Sequence[Refusal]) -> Line:
    """Why, each way once; a loss was told in a line of its own."""
    if rule == DESTROYS:
        return ()
    whys = tuple(dict.fromkeys(each.why for each in refusals))
    line: list[str | Name] = []
    for why in whys[:_MOST]:
        line += [*(("; ",) if line else ()), *why]
    if len(whys) > _MOST:
        line.append(f"; and {len(whys) - _MOST} more")
    return (*line, ". To mend it: ")


def _lines(review: Review) -> Iterator[Line]:
    change = review.change
    yield from (finding_line(each) for each in review.health if not each.needs_person)
    if review.problem:
        yield problem_line(review.problem)
    if change.unread:
        yield unread_line(change.unread)
    if change.fleet:
        yield from fleet_lines(change, change.fleet)
    yield from (evidence_line(each) for each in review.evidence)
    if review.goes_live:
        yield from verified_lines(review.environment, review.goes_live)
    if change.fleet:
        yield from way_back(review.environment, change.fleet)
        yield from drill_lines(change.fleet, review.drill)
    yield from judged_lines(review.judged)
    for permission in change.permissions:
        yield from permission_lines(permission)
    yield from weakened_lines(change.weakened)
    yield from untested_lines(change.promotes_from or "", review.untested or ())
    if change.promotes_from and review.untested is None and change.kinds:
        yield (
            "Whether ",
            Name(change.promotes_from),
            " has had this cannot be told: it has no preview here.",
        )
    for violation in review.violations:
        if not violation.mandatory:
            yield ("Advice (", Name(violation.policy), "): ", Name(violation.why), ". ", Name(violation.fix))
    yield from cost_lines(change.cost)
    told = {finding.text for finding in review.health}
    for warning in [each for each in change.warnings if each not in told][:5]:
        yield ("Pulumi warns: ", Name(warning))


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
