"""Which tests a run begins with, and which of them one worker runs."""

import re
import subprocess
from types import SimpleNamespace

from tests.conftest import CHECKOUT, pytest_collection_modifyitems, pytest_xdist_make_scheduler
from tests.order import BESIDE, LONGEST, ByFile


def order(*nodes):
    """The nodes in the order in which they are run."""
    items = [SimpleNamespace(nodeid=node) for node in nodes]
    pytest_collection_modifyitems(items)
    return [item.nodeid for item in items]


def test_the_longest_files_come_first_and_the_others_stay_as_they_were():
    first, second = LONGEST[:2]
    assert order("tests/b.py::b", f"{second}::x", "tests/a.py::a", f"{first}::y") == [
        f"{first}::y",
        f"{second}::x",
        "tests/b.py::b",
        "tests/a.py::a",
    ]


def test_tests_of_one_file_stay_in_the_order_that_was_asked_for():
    nodes = [f"{LONGEST[2]}::{name}" for name in ("c", "a", "b")]
    assert order(*nodes) == nodes


def test_the_files_of_a_folder_come_together_those_that_are_named_when_they_are():
    assert order("tests/kubernetes/test_folder.py::x", "tests/a.py::a", f"{LONGEST[0]}::y") == [
        f"{LONGEST[0]}::y",
        "tests/kubernetes/test_folder.py::x",
        "tests/a.py::a",
    ]
    within = [number for number, path in enumerate(LONGEST) if path.startswith("tests/kubernetes/")]
    assert within == list(range(within[0], within[-1] + 1))
    assert LONGEST[within[-1]] == "tests/kubernetes/"


def test_each_of_the_longest_files_is_there():
    missing = [path for path in LONGEST if not (CHECKOUT / path).is_file()]
    assert [path for path in missing if not (path.endswith("/") and (CHECKOUT / path).is_dir())] == []


def test_a_file_is_run_by_the_worker_of_the_one_that_it_is_beside():
    scheduler = object.__new__(ByFile)
    for path, other in BESIDE.items():
        assert scheduler._split_scope(f"{path}::test_x[a::b]") == scheduler._split_scope(f"{other}::test_y")
    assert scheduler._split_scope("tests/a.py::test_x") == "tests/a.py"
    assert [path for path in {*BESIDE, *BESIDE.values()} if not (CHECKOUT / path).is_file()] == []
    assert BESIDE.keys().isdisjoint(BESIDE.values())


def test_tests_that_are_spread_one_by_one_are_spread_as_ever():
    config = SimpleNamespace(getvalue={"dist": "worksteal"}.get)
    assert pytest_xdist_make_scheduler(config, None) is None


def test_each_file_with_slow_tests_is_among_those_of_make_test():
    """`make check` leaves these tests out."""
    listed = subprocess.run(
        ["git", "grep", "-lE", r"^(@|pytestmark = )pytest\.mark\.slow\b", "--", "tests/**/test_*.py"],
        cwd=CHECKOUT, check=True, capture_output=True, text=True, timeout=300,
    ).stdout  # fmt: skip
    files = re.search(r"^SLOW := ((?:.*\\\n)*.*)$", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    assert set(listed.split()) == set(files[1].replace("\\\n", " ").split())
