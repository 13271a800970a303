"""Drift as a page: one issue for all environments."""

from collections.abc import Iterator, Sequence

from modeldelivery.review.core.drift import TRAFFIC, By, Drift, Drifted
from modeldelivery.review.core.words import Line, Name, listed, words
from modeldelivery.review.report.page import Page, Section

MARKER = "<!-- model-delivery:drift -->"
TITLE = "An environment differs from Git"


def tell(drifts: Sequence[Drift]) -> Page:
    """Tell of all environments; `refused` when any differs."""
    due = [drift for drift in drifts if not drift.is_none]
    return Page(
        title=("differs from Git: ", *listed(tuple(drift.environment for drift in due)))
        if due
        else ("no environment differs from Git",),
        sections=tuple(_section(drift) for drift in drifts),
        refused=bool(due),
    )


def summary(drift: Drift) -> str:
    """In a word."""
    if drift.is_none:
        return "none"
    foreign = len(drift.foreign)
    return f"{foreign} by someone else, {len(drift.resources) - foreign} by an operator" + (
        ", a decision holds" if drift.hold else ""
    )


def _section(drift: Drift) -> Section:
    return Section(
        title=(Name(drift.environment), f": {summary(drift)}"),
        alarms=tuple(_resource(each) for each in drift.foreign),
        lines=tuple(_lines(drift)),
    )


def _lines(drift: Drift) -> Iterator[Line]:
    foreign = set(drift.foreign)
    yield from (_resource(each) for each in drift.resources if each not in foreign)
    if drift.hold:
        yield ("Holds: ", Name(drift.hold))
    if drift.foreign:
        yield (
            "To put it back as Git says: ",
            Name(f"pulumi up --stack {drift.environment} --refresh"),
            "; to keep it, write it into the program.",
        )
    if drift.problem:
        yield ("The journal could not be asked: ", Name(drift.problem))


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
    )
