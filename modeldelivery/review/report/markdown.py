"""A page as one Markdown comment, within a platform's size, with nothing in it that a pull request could have written.

Text from outside stands in code spans alone: there CommonMark reads neither markup nor HTML (spec 0.31, 6.1), and
platforms neither link nor mention.
"""

import re
import unicodedata
from collections.abc import Iterator

from modeldelivery.review.core.words import Line, Name
from modeldelivery.review.report.page import Page, Section, Table

MARKER = "<!-- model-delivery:review -->"  # by which a later run finds the comment
MODEL_MARKER = "<!-- model-delivery:model -->"  # likewise, of what became of the model
LONGEST = 400  # characters of one name
_TICKS = re.compile("`+")


def draw(page: Page, limit: int, marker: str = MARKER) -> str:
    """Draw a page.

    Args:
        page: what is told.
        limit: characters that the platform takes; details are left out, and said to be, until the rest fits.
        marker: an HTML comment for the first line.
    """
    parts = [_section(section) for section in page.sections]
    folded = [n for n, section in enumerate(page.sections) if section.folded]
    verdict = "⛔ " if page.refused else ""
    head = f"{marker}\n## {verdict}{_line(page.title)}\n"
    while len(text := head + "".join(parts)) > limit and folded:
        parts[folded.pop()] = (
            "\n_Details are left out: they would not fit. The build's `.review` artifact has them._\n"
        )
    if len(text) > limit:
        text = _cut(head, parts, limit)
    return text


def _cut(head: str, parts: list[str], limit: int) -> str:
    """Whole lines from the start, alarms first as they are, and a last one that says what is missing."""
    tail = "\n**This is not all: the rest would not fit. The build's `.review` artifact has it.**\n"
    room, kept = limit - len(head) - len(tail), list[str]()
    for line in "".join(parts).splitlines(keepends=True):
        if len(line) > room:
            break
        kept.append(line)
        room -= len(line)
    return head + "".join(kept) + tail


def _section(section: Section) -> str:
    return "".join(_folded(section) if section.folded else _open(section))


def _open(section: Section) -> Iterator[str]:
    if section.title:
        yield f"\n### {_line(section.title)}\n"
    if section.alarms:
        yield "\n> [!CAUTION]\n"
        yield from (f"> - **{_line(alarm)}**\n" for alarm in section.alarms)
    if section.lines:
        yield "\n"
        yield from (f"- {_line(line)}\n" for line in section.lines)
    yield from (_table(table) for table in section.tables)


def _folded(section: Section) -> Iterator[str]:
    # Inside <summary> Markdown is not read, so only our own words may stand there.
    ours = "".join(part for part in section.title if isinstance(part, str)).removeprefix(": ")
    yield f"\n<details><summary>{ours}</summary>\n"
    yield from (_table(table) for table in section.tables)
    yield "\n</details>\n"


def _table(table: Table) -> str:
    rows = [
        "",
        "| " + " | ".join(table.headings) + " |",
        "|" + "---|" * len(table.headings),
        *("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in table.rows),
    ]
    return "\n".join(rows) + "\n"


def _cell(line: Line) -> str:
    # A bar ends a cell even within a code span (GFM, 4.10), and a backslash before it may be escaped itself.
    return "".join(
        code(part.text).replace("|", "\\u{7c}") if isinstance(part, Name) else part for part in line
    )


def _line(line: Line) -> str:
    return "".join(code(part.text) if isinstance(part, Name) else part for part in line)


def code(text: str) -> str:
    """A code span that holds exactly this text, whatever is in it."""
    shown = plain(text)
    longest = max((len(run) for run in _TICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest or shown.startswith(" ") or shown.endswith(" ") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def plain(text: str) -> str:
    """One line of visible characters: others, those that turn the direction of writing among them, are named by number."""
    cut = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    shown = "".join(_visible(character) for character in " ".join(cut.split()))
    return shown or "(empty)"


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] in "CZ" and character != " ":
        return f"\\u{{{ord(character):x}}}"
    return character
