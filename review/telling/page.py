"""What is to be told, apart from how it looks. Names come from pull requests and are never words of ours."""

import msgspec

from review.core.kinds import is_ours


class Name(msgspec.Struct, frozen=True):
    """Text from outside: a resource's name, a version, a message. Whoever draws it lets it be nothing but text."""

    text: str


Line = tuple[str | Name, ...]


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


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of it. `refused` when the change may not go on."""

    title: Line
    sections: tuple[Section, ...]
    refused: bool


def words(text: str) -> str | Name:
    """What a kind of resource is called: our own word, or a type from outside, which is only a name."""
    return text if is_ours(text) else Name(text)


def listed(names: tuple[str, ...], most: int = 12) -> Line:
    """`a`, `b` and 3 more."""
    line: list[str | Name] = []
    for name in names[:most]:
        line += [", " if line else "", Name(name)]
    if len(names) > most:
        line.append(f" and {len(names) - most} more")
    return tuple(part for part in line if part != "")
