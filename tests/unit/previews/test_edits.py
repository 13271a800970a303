"""The changes whose previews were recorded can be made of the program as it is now."""

from collections.abc import Iterator

from tests.conftest import CHECKOUT
from tests.previews import cluster_edits, edits
from tests.previews.program import Edit


def of(value: object) -> Iterator[Edit]:
    """Every edit in a constant, alone or among others."""
    if isinstance(value, Edit):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from of(each)


def test_every_edit_finds_what_it_replaces_once():
    rooms = (edits, cluster_edits)
    named = [(name, edit) for room in rooms for name, value in vars(room).items() for edit in of(value)]

    assert len(named) > 60
    assert [name for name, edit in named if (CHECKOUT / edit.file).read_text().count(edit.old) != 1] == []
