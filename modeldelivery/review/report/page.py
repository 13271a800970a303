"""What is to be told, apart from how it looks."""

import msgspec

from modeldelivery.review.core.missing import Missing
from modeldelivery.review.core.words import Line, Name


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of cells; headings are our own words."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the page.

    Attributes:
        title: our own words, none for the part that follows the title of the page.
        alarms: what must be read first, in capitals where it is drawn.
        lines: sentences.
        tables: after the sentences.
        folded: details that are shown only when asked for.
    """

    title: Line = ()
    alarms: tuple[Line, ...] = ()
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()
    folded: bool = False


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A page that another program left for the comment. `commit` is what it is of."""

    commit: str
    page: "Page"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of it. `refused` when the change may not go on."""

    title: Line
    sections: tuple[Section, ...]
    refused: bool


def missing_section(each: Missing) -> Section:
    """An environment of which there is nothing else to tell, and why."""
    return Section(
        title=(Name(each.environment), ": cannot be told"),
        alarms=(("NOTHING IS KNOWN of ", Name(each.environment), ": ", *each.why),),
    )
