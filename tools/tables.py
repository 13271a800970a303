"""Tables of a page in docs that a command computes, between two comments that say which command."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_END = "<!-- end -->\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table in Markdown."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def write(page: Path, command: str, text: str) -> None:
    """Put what a command computed in the place of what it computed before.

    Raises:
        ValueError: the page has no such place.
    """
    begin = f"<!-- {command} -->\n"
    before, there, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(_END)
    if not (there and ended):
        raise ValueError(
            f"{page} has no place for {command}: a line {begin.strip()}, and a line {_END.strip()} below it"
        )
    page.write_text(before + begin + text + "\n" + _END + after, encoding="utf-8")
