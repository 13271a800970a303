"""A page for a person at a terminal: tables and colour there, aligned text in a pipe."""

from release.cli.show import Table as Shown
from release.cli.show import show
from review.core.words import Line, Name
from review.telling.markdown import plain
from review.telling.page import Page


def draw(page: Page) -> None:
    """Print to stdout."""
    parts: list[str | Shown] = [f"{'REFUSED  ' if page.refused else ''}{_text(page.title)}"]
    for section in page.sections:
        if section.title:
            parts += ["", _text(section.title)]
        parts += [f"  !! {_text(alarm)}" for alarm in section.alarms]
        parts += [f"  {_text(line)}" for line in section.lines]
        parts += [
            Shown(headings=table.headings, rows=[tuple(_text(cell) for cell in row) for row in table.rows])
            for table in section.tables
        ]
    show(parts)


def _text(line: Line) -> str:
    return "".join(plain(part.text) if isinstance(part, Name) else part for part in line)
