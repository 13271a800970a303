"""Drift as a page: one issue for all environments."""

from collections.abc import Iterator, Sequence

from modeldelivery.review.core.drift import TRAFFIC, By, Drift, Drifted
from modeldelivery.review.core.missing import Missing
from modeldelivery.review.core.words import Line, Name, listed, words
from modeldelivery.review.report.page import Page, Section, missing_section
from modeldelivery.review.report.release import finding_line, problem_line, unread_line

MARKER = "<!-- model-delivery:drift -->"
TITLE = "An environment differs from Git"
_TAGS = frozenset({"tags", "tagsAll"})
_MOST = 6  # risks of one resource that are told
_LIMIT = ", as far as it could be looked at"


def tell(drifts: Sequence[Drift], missing: Sequence[Missing] = ()) -> Page:
    """Tell of all environments, also of those that could not be looked at; `refused` when any differs."""
    due = tuple(drift.environment for drift in drifts if not drift.is_none)
    limit = _LIMIT if missing or any(drift.problem for drift in drifts) else ""
    return Page(
        title=("differs from Git: ", *listed(due)) if due else (f"no environment differs from Git{limit}",),
        sections=(*(_section(drift) for drift in drifts), *(missing_section(each) for each in missing)),
        refused=bool(due),
    )


def unseen(drifts: Sequence[Drift], missing: Sequence[Missing]) -> list[Line]:
    """What could not be looked at, and why: an issue is not closed while there is any."""
    parts: list[Line] = [
        ("not everything of ", Name(drift.environment), " could be looked at: ", Name(drift.problem))
        for drift in drifts
        if drift.problem
    ]
    return parts + [(Name(each.environment), " could not be looked at: ", *each.why) for each in missing]


def summary(drift: Drift) -> str:
    """In a word."""
    if drift.is_none:
        waits = ", a candidate waits" if drift.waiting else ""
        return f"none{_LIMIT if drift.problem else ''}{waits}"
    foreign, unhealthy = len(drift.foreign), len(drift.unhealthy)
    parts = (
        *((f"{unhealthy} of the endpoint's health",) if unhealthy else ()),
        *(
            (f"{foreign} by someone else", f"{len(drift.resources) - foreign} by an operator")
            if drift.resources
            else ()
        ),
        *(("a decision holds",) if drift.hold else ()),
    )
    return ", ".join(parts)


def _section(drift: Drift) -> Section:
    return Section(
        title=(Name(drift.environment), f": {summary(drift)}"),
        alarms=(
            *(finding_line(finding) for finding in drift.unhealthy),
            *(_resource(each) for each in drift.foreign),
        ),
        lines=tuple(_lines(drift)),
    )


def _lines(drift: Drift) -> Iterator[Line]:
    foreign = set(drift.foreign)
    yield from (_resource(each) for each in drift.resources if each not in foreign)
    yield from (finding_line(each) for each in drift.findings if not each.needs_person)
    if drift.waiting:
        yield (
            "Waits: ",
            *listed(drift.waiting),
            " joins the fleet at weight 0 by the next ",
            Name(f"make preview ENV={drift.environment}"),
            " and ",
            Name(f"make deploy ENV={drift.environment}"),
            ".",
        )
    if drift.hold:
        yield ("Holds: ", Name(drift.hold))
    if drift.foreign:
        yield (
            "To put it back as Git says: ",
            Name(f"pulumi up --stack {drift.environment} --refresh"),
            "; to keep it, write it into the program.",
        )
    if any(each.properties and set(each.properties) <= _TAGS for each in drift.foreign):
        yield (
            "Tags that others manage are no drift once ",
            Name("aws:ignoreTags"),
            " in ",
            Name(f"Pulumi.{drift.environment}.yaml"),
            " names them.",
        )
    if drift.unread:
        yield unread_line(drift.unread)
    if drift.problem:
        yield problem_line(drift.problem)


def _resource(each: Drifted) -> Line:
    what: Line = ("the ", words(each.words) if each.words != TRAFFIC else TRAFFIC, " ", Name(each.name))
    how: Line = (
        (" is GONE",)
        if each.gone
        else (" differs", *((": ", *listed(each.properties)) if each.properties else ()))
    )
    why: Line = (" (", Name(each.why), ")") if each.why else ()
    return (
        *what,
        *how,
        f", by {each.by}" if each.by is not By.UNKNOWN else ", by whom cannot be told",
        *why,
        *((": ", *listed(each.risks, _MOST)) if each.risks else ()),
    )
