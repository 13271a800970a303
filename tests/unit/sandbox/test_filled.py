import pytest

from sandbox.hosting.filled import filled_once


def test_a_folder_is_filled_once(tmp_path):
    target, fills = tmp_path / "store" / "layer", []

    def fill(folder):
        fills.append(folder)
        (folder / "file").write_text("x")

    assert filled_once(target, fill) == filled_once(target, fill) == target
    assert len(fills) == 1
    assert [each.name for each in target.parent.iterdir()] == ["layer"]
    assert (target / "file").read_text() == "x"


def test_a_folder_that_cannot_be_filled_leaves_nothing(tmp_path):
    def fill(folder):
        (folder / "file").write_text("half")
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        filled_once(tmp_path / "layer", fill)
    assert list(tmp_path.iterdir()) == []


def test_whoever_was_first_stays(tmp_path):
    target = tmp_path / "layer"

    def fill(folder):
        (folder / "file").write_text("second")
        target.mkdir()
        (target / "file").write_text("first")

    filled_once(target, fill)
    assert [each.name for each in tmp_path.iterdir()] == ["layer"]
    assert (target / "file").read_text() == "first"


def test_a_name_that_cannot_be_given_is_an_error(tmp_path):
    def fill(folder):
        folder.rmdir()

    with pytest.raises(OSError, match="No such file"):
        filled_once(tmp_path / "layer", fill)
