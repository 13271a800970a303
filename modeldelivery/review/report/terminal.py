"""A page for a person at a terminal: tables and colour there, aligned text in a pipe."""

from modeldelivery.review.core.words import Line, Name
from modeldelivery.review.report.markdown import plain
from modeldelivery.review.report.page import Page
from modeldelivery.terminal.tables import Marked, show
from modeldelivery.terminal.tables import Table as Shown


def draw(page: Page) -> None:
    """Print to stdout."""
    title = f"{'REFUSED  ' if page.refused else ''}{text(page.title)}"
    parts: list[str | Marked | Shown] = [Marked(title, "bold red" if page.refused else "bold")]
    for section in page.sections:
        if section.title:
            parts += ["", Marked(text(section.title), "bold")]
        parts += [Marked(f"  !! {text(alarm)}", "red") for alarm in section.alarms]
        parts += [f"  {text(line)}" for line in section.lines]
        parts += [
            Shown(headings=table.headings, rows=[tuple(text(cell) for cell in row) for row in table.rows])
            for table in section.tables
        ]
    show(parts)


def text(line: Line) -> str:
    """A line as bare text, with no character from outside that a terminal would obey."""
    return "".join(plain(part.text) if isinstance(part, Name) else part for part in line)
