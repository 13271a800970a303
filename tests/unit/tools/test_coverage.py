"""The gate of `make coverage`: what a room's figure is, and when it is too low."""

import os
import subprocess
import sys

import msgspec
import pytest

from tools.coverage import REQUIRED, File, Region, Report, Summary, by_room, main, room, short, uncovered

WHOLE = Summary(num_statements=80, covered_lines=80, num_branches=20, covered_branches=20)
PROGRAM = """\
def ran(flag):
    if flag:
        return 1
    return 2


def never():
    return 3


ran(flag=True)
"""


def covered(lines, branches=0):
    return msgspec.structs.replace(WHOLE, covered_lines=lines, covered_branches=branches)


def report(**files):
    """A report of one file in each room that has a bar, all covered but for those named: `report(review=…)`."""
    named = {f"{name}/core.py": WHOLE for name in REQUIRED}
    named |= {f"modeldelivery/{name}/core.py": summary for name, summary in files.items()}
    return Report({name: File(summary, {"": Region(summary)}) for name, summary in named.items()})


@pytest.fixture
def judged(tmp_path, capsys):
    """`main` over a report: its status, and what it printed."""

    def run(made):
        path = tmp_path / "report.json"
        path.write_bytes(made if isinstance(made, bytes) else msgspec.json.encode(made))
        status = main([str(path)])
        output = capsys.readouterr()
        return status, output.out + output.err

    return run


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("modeldelivery/review/core/change.py", "modeldelivery/review"),
        ("modeldelivery/review/cli.py", "modeldelivery/review"),
        ("modeldelivery/__init__.py", "modeldelivery"),
        ("sandbox/hosting/fleet.py", "sandbox"),
        ("tools/coverage.py", "tools"),
    ],
)
def test_a_file_counts_for_its_room(file, name):
    assert room(file) == name


def test_a_rooms_figure_is_of_the_lines_and_branches_of_all_its_files():
    files = {"infra/a.py": covered(80, 20), "infra/deep/b.py": covered(0, 0), "tools/c.py": covered(40, 10)}
    rooms = by_room(Report({name: File(summary, {}) for name, summary in files.items()}))
    assert {name: summed.percent for name, summed in rooms.items()} == {"infra": 50, "tools": 50}


def test_a_room_without_a_statement_is_left_out():
    nothing = Summary(0, 0, 0, 0)
    assert by_room(Report({"modeldelivery/__init__.py": File(nothing, {})})) == {}


def test_rooms_that_reach_what_is_required_pass(judged):
    status, output = judged(report(review=covered(68, 17)))
    assert (status, "is required" in output) == (0, False)


@pytest.mark.parametrize("name", ["provider", "release", "review"])
def test_each_room_is_held_to_its_own_bar_whatever_the_others_reach(judged, name):
    status, output = judged(report(**{name: covered(70, 14)}))
    assert status == 1
    assert f"modeldelivery/{name}: 84.0 % is covered, and 85 % is required" in output
    assert output.count("is required") == 1


def test_branches_that_never_ran_count_as_lines_do(judged):
    status, _ = judged(report(release=covered(80, 4)))
    assert status == 1


def test_a_room_that_is_gone_from_the_report_is_no_room_that_passes(judged):
    made = report()
    del made.files["modeldelivery/provider/core.py"]
    status, output = judged(made)
    assert status == 1
    assert "modeldelivery/provider is not in the report" in output


def test_a_figure_a_hair_below_the_bar_is_not_shown_as_if_it_reached_it(judged):
    hair = Summary(num_statements=100_000, covered_lines=84_999, num_branches=0, covered_branches=0)
    status, output = judged(report(review=hair))
    assert status == 1
    assert "modeldelivery/review: 84.9 %" in output


def test_where_most_is_missing_comes_first():
    regions = {
        "small": Region(covered(79, 20), 3),
        "large": Region(covered(10, 0), 9),
        "": Region(covered(70, 20)),
    }
    made = Report(
        {
            "modeldelivery/review/a.py": File(WHOLE, regions),
            "tools/b.py": File(WHOLE, {"x": Region(covered(0))}),
        }
    )
    assert [(where, function) for where, function, _ in uncovered(made, "modeldelivery/review")] == [
        ("modeldelivery/review/a.py:9", "large"),
        ("modeldelivery/review/a.py:1", "outside of functions"),
        ("modeldelivery/review/a.py:3", "small"),
    ]


def test_what_coverage_writes_is_what_is_read(tmp_path):
    """A real report of a real run, so that another format of coverage's does not pass for a full house."""
    program = tmp_path / "modeldelivery" / "review" / "program.py"
    program.parent.mkdir(parents=True)
    program.write_text(PROGRAM)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    for arguments in (
        ["run", "--branch", "--source", ".", str(program.relative_to(tmp_path))],
        ["json", "-o", "x"],
    ):
        subprocess.run(
            [sys.executable, "-m", "coverage", *arguments],
            cwd=tmp_path, env=clean, check=True, capture_output=True, timeout=300,
        )  # fmt: skip
    made = msgspec.json.decode((tmp_path / "x").read_bytes(), type=Report)
    rooms = by_room(made)
    # Seven statements, of which `return 2` and `return 3` never ran; two branches, of which one.
    assert rooms == {"modeldelivery/review": Summary(7, 5, 2, 1)}
    assert short(rooms, {"modeldelivery/review": 66.7}) != {}
    assert short(rooms, {"modeldelivery/review": 66.6}) == {}


@pytest.mark.parametrize("made", [b"", b"[]", b'{"files": {"a.py": {}}}'])
def test_what_is_no_report_is_said_to_be_none(judged, made):
    status, output = judged(made)
    assert (status, "is no report of `coverage json`" in output) == (2, True)
