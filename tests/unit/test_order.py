"""Which tests a run begins with."""

import re
import subprocess
from types import SimpleNamespace

from tests.conftest import CHECKOUT, LONGEST, pytest_collection_modifyitems


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


def test_each_of_the_longest_files_is_there():
    assert [path for path in LONGEST if not (CHECKOUT / path).is_file()] == []


def test_each_file_with_slow_tests_is_among_those_of_make_test():
    """`make check` leaves these tests out."""
    listed = subprocess.run(
        ["git", "grep", "-lE", r"^(@|pytestmark = )pytest\.mark\.slow\b", "--", "tests/**/test_*.py"],
        cwd=CHECKOUT, check=True, capture_output=True, text=True, timeout=300,
    ).stdout  # fmt: skip
    files = re.search(r"^SLOW := ((?:.*\\\n)*.*)$", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    assert set(listed.split()) == set(files[1].replace("\\\n", " ").split())
