"""What a person looks at: coloured on a terminal, aligned text in a pipe."""

import sys
from collections.abc import Sequence

import msgspec

from modeldelivery.terminal.text import line


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of text. `colours` names one of rich's for each row, or has none."""

    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    colours: Sequence[str] = ()


class Marked(msgspec.Struct, frozen=True):
    """A line in one of rich's colours; in a pipe it is a line like any other."""

    text: str
    colour: str


def show(parts: Sequence[str | Marked | Table]) -> None:
    """Print to stdout."""
    if sys.stdout.isatty():
        _coloured(parts)
        return
    for part in parts:
        print(
            aligned(part) if isinstance(part, Table) else line(part if isinstance(part, str) else part.text)
        )


def aligned(table: Table) -> str:
    """A table as plain text."""
    rows = [tuple(line(cell) for cell in row) for row in (table.headings, *table.rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _coloured(parts: Sequence[str | Marked | Table]) -> None:
    from rich import box  # noqa: PLC0415 - only a terminal pays for rich's import
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.table import Table as RichTable  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    console = Console(highlight=False)
    for part in parts:
        if not isinstance(part, Table):
            text, colour = (part, "") if isinstance(part, str) else (part.text, part.colour)
            console.print(Text(line(text), style=colour), soft_wrap=True)
            continue
        drawn = RichTable(*part.headings, box=box.SIMPLE_HEAD)
        for n, row in enumerate(part.rows):
            colour = part.colours[n] if part.colours else ""
            drawn.add_row(*(Text(line(cell)) for cell in row), style=colour)
        console.print(drawn)
