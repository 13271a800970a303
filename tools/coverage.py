"""Branch coverage by room: `python -m tools.coverage REPORT`, where REPORT is what `coverage json` wrote.

A figure counts lines and branches alike, as `coverage report` does: what ran of all that could.
"""

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from modeldelivery.terminal.tables import Marked, Table, show

# Percent, of each room by itself: what decides over traffic, changes a fleet, or lets a change pass.
REQUIRED: Final[Mapping[str, float]] = {
    "modeldelivery/provider": 85,
    "modeldelivery/release": 85,
    "modeldelivery/review": 85,
}
SHOWN: Final = 5  # functions of each such room
_PARTED: Final = "modeldelivery"  # its folders are rooms, elsewhere the top folder is one


class Summary(msgspec.Struct, frozen=True):
    """Counts of coverage's JSON report, format 3 (coverage.readthedocs.io, `coverage json`)."""

    num_statements: int
    covered_lines: int
    num_branches: int
    covered_branches: int

    def __add__(self, other: "Summary") -> "Summary":
        mine, others = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        return Summary(*(a + b for a, b in zip(mine, others, strict=True)))

    @property
    def missing(self) -> int:
        return self.num_statements - self.covered_lines + self.num_branches - self.covered_branches

    @property
    def percent(self) -> float:
        return _percent(self.covered_lines + self.covered_branches, self.num_statements + self.num_branches)


class Region(msgspec.Struct, frozen=True):
    """A function; the one without a name is what stands outside of functions."""

    summary: Summary
    start_line: int = 1


class File(msgspec.Struct, frozen=True):
    summary: Summary
    functions: dict[str, Region]


class Report(msgspec.Struct, frozen=True):
    files: dict[str, File]


def room(file: str) -> str:
    """`modeldelivery/review` of `modeldelivery/review/core/change.py`, `sandbox` of `sandbox/cli.py`."""
    folders = file.split("/")[:-1]
    return "/".join(folders[: 2 if folders[:1] == [_PARTED] else 1])


def by_room(report: Report) -> dict[str, Summary]:
    """Sums by room, those without a statement left out."""
    sums: dict[str, Summary] = {}
    for name, file in sorted(report.files.items()):
        mine = room(name)
        sums[mine] = sums[mine] + file.summary if mine in sums else file.summary
    return {name: summed for name, summed in sums.items() if summed.num_statements}


def short(rooms: Mapping[str, Summary], required: Mapping[str, float]) -> dict[str, str]:
    """Of each room that does not reach what is required of it, or is not in the report at all, a sentence."""
    rooms_short = {}
    for name, percent in required.items():
        if name not in rooms:
            rooms_short[name] = f"{name} is not in the report: it was renamed, or holds no statement"
        elif rooms[name].percent < percent:
            rooms_short[name] = (
                f"{name}: {_shown(rooms[name].percent)} is covered, and {percent:g} % is required"
            )
    return rooms_short


def uncovered(report: Report, of: str) -> list[tuple[str, str, Summary]]:
    """Where in a room most is missing: file and line, function, counts; the worst first."""
    lines = [
        (f"{name}:{region.start_line}", function or "outside of functions", region.summary)
        for name, file in report.files.items()
        if room(name) == of
        for function, region in file.functions.items()
        if region.summary.missing
    ]
    return sorted(lines, key=lambda each: (-each[2].missing, each[0]))


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 when a room falls short, 2 when there is no report to read."""
    if len(arguments) != 1:
        print("usage: python -m tools.coverage REPORT (`make coverage` writes it)", file=sys.stderr)
        return 2
    try:
        report = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError) as error:
        print(f"{arguments[0]} is no report of `coverage json`: {error}", file=sys.stderr)
        return 2
    rooms = by_room(report)
    wrong = short(rooms, REQUIRED)
    show((_rooms(rooms, wrong), "", "Most is missing here:", _functions(report)))
    show([Marked(sentence, "red") for sentence in wrong.values()])
    return 1 if wrong else 0


def _rooms(rooms: Mapping[str, Summary], wrong: Collection[str]) -> Table:
    return Table(
        headings=("room", "covered", "required", "lines", "branches"),
        rows=[
            (
                name,
                _shown(summed.percent),
                f"{REQUIRED[name]:g} %" if name in REQUIRED else "",
                f"{summed.covered_lines} of {summed.num_statements}",
                f"{summed.covered_branches} of {summed.num_branches}",
            )
            for name, summed in rooms.items()
        ],
        colours=["red" if name in wrong else "" for name in rooms],
    )


def _functions(report: Report) -> Table:
    return Table(
        headings=("where", "function", "missing", "covered"),
        rows=[
            (where, function, str(summary.missing), _shown(summary.percent))
            for name in REQUIRED
            for where, function, summary in uncovered(report, name)[:SHOWN]
        ],
    )


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0


def _shown(percent: float) -> str:
    """Rounded down: what is a hair below the bar is not shown as if it reached it."""
    return f"{int(percent * 10) / 10:.1f} %"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
