"""Which tests a run begins with."""

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
