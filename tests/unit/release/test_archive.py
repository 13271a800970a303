"""What a `model.tar.gz` must be for a version to be bound to it."""

import gzip
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeldelivery.release import archive
from modeldelivery.release.archive import look_into, member
from modeldelivery.release.errors import RefusedError
from tests.examples import examples


def entry(name, data=b"", **changes):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in changes.items():
        setattr(info, key, value)
    return info, data


def tarred(*entries, mode="w"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return buffer.getvalue()


MODEL = entry("model.onnx", b"weights" * 100)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.tar.gz"


def refusal(path, data):
    path.write_bytes(data)
    with pytest.raises(RefusedError) as refused:
        look_into(path)
    assert str(path) in refused.value.message
    return refused.value.message


def test_files_and_folders_are_told_by_path(path):
    code = entry("./code", type=tarfile.DIRTYPE)
    path.write_bytes(gzip.compress(tarred(code, entry("./code/inference.py", b"pass"), MODEL)))

    observed = look_into(path)

    assert (observed.files, observed.size) == (("code/inference.py", "model.onnx"), 704)
    assert member(path, "code/inference.py", 100) == b"pass"
    assert member(path, "code", 100) is None


@pytest.mark.parametrize("name", ["link", "deep/link"])
def test_links_that_stay_inside_are_fine(path, name):
    link = entry(name, type=tarfile.SYMTYPE, linkname="../model.onnx" if "/" in name else "model.onnx")
    path.write_bytes(gzip.compress(tarred(MODEL, link)))

    assert name in look_into(path).files


WHOLE = gzip.compress(tarred(MODEL))
BAD = {
    "empty": (b"", "is empty"),
    "a text file": (b"these are the weights\n", "is no gzip file"),
    "a tar that is not compressed": (tarred(MODEL), "is no gzip file"),
    "a compressed text file": (gzip.compress(b"these are the weights\n" * 100), "holds no tar archive"),
    "compressed nothing": (gzip.compress(b""), "holds no tar archive"),
    "cut off": (WHOLE[: len(WHOLE) // 2], "is damaged or cut off"),
    "another checksum": (WHOLE[:-8] + b"\0\0\0\0" + WHOLE[-4:], "is damaged"),
    "something behind it": (WHOLE + b"more", "is damaged"),
    "a tar cut off": (gzip.compress(tarred(MODEL)[:700]), "holds no tar archive"),
    "a second header that is none": (
        gzip.compress(tarred(MODEL).rstrip(b"\0").ljust(1536, b"\0") + b"x" * 512),
        "after its last file",
    ),
    "no member": (gzip.compress(tarred()), "holds no file"),
    "folders alone": (gzip.compress(tarred(entry("code", type=tarfile.DIRTYPE))), "holds no file"),
    "an absolute path": (gzip.compress(tarred(MODEL, entry("/etc/passwd", b"x"))), "outside of its folder"),
    "a path that climbs": (gzip.compress(tarred(MODEL, entry("a/../../b", b"x"))), "outside of its folder"),
    "a link that climbs": (
        gzip.compress(tarred(MODEL, entry("a/l", type=tarfile.SYMTYPE, linkname="../../b"))),
        "a link to '../../b' outside of it",
    ),
    "an absolute link": (
        gzip.compress(tarred(MODEL, entry("l", type=tarfile.SYMTYPE, linkname="/etc/passwd"))),
        "a link to '/etc/passwd' outside of it",
    ),
    "a hard link that climbs": (
        gzip.compress(tarred(MODEL, entry("a/l", type=tarfile.LNKTYPE, linkname="../b"))),
        "a hard link to '../b', which is no file before it",
    ),
    "a link that climbs through another": (
        gzip.compress(
            tarred(
                MODEL,
                entry("d", type=tarfile.DIRTYPE),
                entry("d/here", type=tarfile.SYMTYPE, linkname="."),
                entry("out", type=tarfile.SYMTYPE, linkname="d/here/../.."),
            )
        ),
        "a link to 'd/here/../..' outside of it",
    ),
    "a file through a link": (
        gzip.compress(tarred(MODEL, entry("l", type=tarfile.SYMTYPE, linkname="."), entry("l/x", b"x"))),
        "in l, which is no folder",
    ),
    "a hard link to what is not there": (
        gzip.compress(tarred(MODEL, entry("l", type=tarfile.LNKTYPE, linkname="absent"))),
        "a hard link to 'absent', which is no file before it",
    ),
    "a device": (gzip.compress(tarred(MODEL, entry("null", type=tarfile.CHRTYPE))), "neither a file nor"),
    "a pipe": (gzip.compress(tarred(MODEL, entry("pipe", type=tarfile.FIFOTYPE))), "neither a file nor"),
    "one name twice": (
        gzip.compress(tarred(MODEL, entry("./model.onnx", b"other"))),
        "holds model.onnx twice",
    ),
    "a file in a file": (
        gzip.compress(tarred(MODEL, entry("model.onnx/part", b"x"))),
        "in model.onnx, which is no folder",
    ),
    "a name for a terminal": (gzip.compress(tarred(MODEL, entry("\x1b[2J", b"x"))), "cannot be printed"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_sagemaker_cannot_unpack_safely_is_refused_with_the_reason(path, what):
    data, reason = BAD[what]

    assert reason in refusal(path, data)


def test_a_bomb_is_refused_before_it_is_unpacked(path, monkeypatch):
    monkeypatch.setattr(archive, "_BIG", 1024**2)
    bomb = gzip.compress(tarred(entry("model.onnx", bytes(8 * 1024**2))))

    assert "would unpack to more than" in refusal(path, bomb)


def test_a_bomb_behind_the_last_member_is_refused(path, monkeypatch):
    monkeypatch.setattr(archive, "_BIG", 1024**2)
    bomb = gzip.compress(tarred(MODEL) + bytes(8 * 1024**2))

    assert "would unpack to more than" in refusal(path, bomb)


def test_a_sparse_file_counts_as_what_it_would_be(path, monkeypatch):
    monkeypatch.setattr(archive, "_MOST_BYTES", 1024**2)
    huge = tarfile.TarInfo("model.onnx")
    huge.size = 1024**3
    header = huge.tobuf(format=tarfile.GNU_FORMAT)

    assert "would unpack to more than" in refusal(path, gzip.compress(header + bytes(1024)))


def test_more_members_than_any_model_has_are_refused(path, monkeypatch):
    monkeypatch.setattr(archive, "_MOST_MEMBERS", 3)

    assert "holds more than 3" in refusal(
        path, gzip.compress(tarred(*(entry(f"f{n}", b"x") for n in range(4))))
    )


@settings(max_examples=examples(200))
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_noticed_or_leaves_the_model_as_it_is(tmp_path_factory, at, change):
    data = bytearray(WHOLE)
    data[at] ^= change
    path = tmp_path_factory.mktemp("flipped") / "model.tar.gz"
    path.write_bytes(data)
    try:
        look_into(path)
    except RefusedError:
        return
    assert member(path, "model.onnx", 1000) == MODEL[1]
