"""Tables of a page in docs that a command computes, between two comments that say which command."""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

_DOCS = Path(__file__).resolve().parents[1] / "docs"
_END = "<!-- end -->\n"


def main(
    arguments: Sequence[str] | None, program: str, page: str, compute: Callable[[], Iterable[str]]
) -> int:
    """Command line of what computes the tables of a page: they are printed, or with `--write` put where they stand.

    Args:
        arguments: of the command line.
        program: such as `python -m tools.quality`.
        page: the file's name in docs.
        compute: the lines of the tables.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(prog=program, description=f"The tables of docs/{page}.")
    parser.add_argument("--write", action="store_true", help=f"into docs/{page}")
    options = parser.parse_args(arguments)
    tables = "\n".join(compute())
    if options.write:
        write(_DOCS / page, f"{program} --write", tables)
    else:
        print(tables)
    return 0


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
