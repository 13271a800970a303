"""Files of captured lines: whole, or cut off anywhere; and how many may wait."""

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.dataplane.spool import Place, Spool, batch

HOUR = 1_764_435_600.0  # begins, in seconds since the epoch
PLACE = Place("1", "e", "v1-0-0", "2025/11/29/17", "s3://bucket/capture", "", "arn:r1")
LINES = [b'{"a": 1}\n', b"\xff\n", b"\n", b"12\n"]


def written(folder, *lines):
    file = Spool(folder).open(PLACE)
    for line in lines:
        file.write(line)
    file.close()
    return folder / file.name


def test_a_file_says_where_its_lines_go_and_has_their_very_bytes(tmp_path):
    assert batch(written(tmp_path, *LINES)) == (PLACE, b"".join(LINES))


def test_of_a_file_that_ends_anywhere_every_whole_line_is_kept_and_no_half_one(tmp_path):
    whole = written(tmp_path, *LINES).read_bytes()
    head = whole.index(b"\n") + 1
    ends = {sum(map(len, LINES[:count])) for count in range(len(LINES) + 1)}
    for end in range(len(whole)):
        path = tmp_path / "killed"
        path.write_bytes(whole[:end])
        if end < head - 1:
            assert batch(path) is None
        else:
            kept = max(each for each in ends if each <= max(0, end - head))
            assert batch(path) == (PLACE, whole[head : head + kept])


class Full:
    """A stream on a disk that has room for so many bytes."""

    def __init__(self, stream, room):
        self._stream, self._room = stream, room

    def write(self, data):
        done = self._stream.write(data[: self._room])
        self._room -= done
        return done

    def __getattr__(self, name):
        return getattr(self._stream, name)


def test_lines_for_which_a_disk_has_no_room_leave_no_half_of_them(tmp_path):
    file = Spool(tmp_path).open(PLACE)
    file._stream = Full(file._stream, room=12)
    file.write(LINES[0])
    with pytest.raises(OSError, match=r"^7 bytes of 10 have no place on the disk$"):
        file.write(b"123456789\n")
    file._stream._room = 100
    file.write(b"5\n")
    file.close()
    assert batch(tmp_path / file.name).lines == LINES[0] + b"5\n"


@pytest.mark.parametrize("room", [0, 12])
def test_a_file_for_whose_first_line_a_disk_has_no_room_is_not_there(tmp_path, monkeypatch, room):
    path_open = Path.open
    monkeypatch.setattr(Path, "open", lambda *args, **more: Full(path_open(*args, **more), room))
    with pytest.raises(OSError, match="have no place on the disk"):
        Spool(tmp_path).open(PLACE)
    assert Spool(tmp_path).left() == []


def test_a_file_that_is_taken_away_while_what_waits_is_counted_keeps_no_other_from_being_opened(tmp_path):
    (tmp_path / "taken.jsonl").symlink_to(
        tmp_path / "away"
    )  # it is listed, and there is nothing of it to be looked at
    assert batch(written(tmp_path, *LINES)) == (PLACE, b"".join(LINES))


def test_no_more_waits_than_a_bound_and_what_was_taken_away_makes_room(tmp_path):
    first = written(tmp_path, b"x" * 1000 + b"\n")
    with pytest.raises(OSError, match="0 MiB wait to be written to S3 already"):
        Spool(tmp_path, most=1000).open(PLACE)
    first.unlink()
    Spool(tmp_path, most=1000).open(PLACE).close()


def test_what_a_process_left_is_known_to_the_next_one(tmp_path):
    paths = [written(tmp_path, line) for line in LINES]
    assert Spool(tmp_path).left() == sorted(path.name for path in paths)


@given(st.lists(st.integers(0, 3_599_999), min_size=2, unique=True))
def test_files_of_an_hour_have_names_in_the_order_in_which_they_were_begun(milliseconds):
    """As SageMaker's have, to the millisecond: whoever reads an hour by name reads lines as they were made."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for each in sorted(milliseconds):
            file = Spool(Path(folder), clock=lambda after=each: HOUR + after / 1000 + 1e-5).open(PLACE)
            file.close()
            names.append(file.name)
    assert sorted(names) == names
    assert all(re.fullmatch(r"[0-5]\d-[0-5]\d-\d{3}-[0-9a-f-]{36}\.jsonl", name) for name in names)
