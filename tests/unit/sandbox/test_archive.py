import hashlib
import io
import tarfile
from contextlib import suppress

import pytest

from sandbox.archive import unpack


def archive(*members):
    """A tar.gz of `(name, content)` pairs and of whole entries."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            name, content = member
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o777
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def entry(name, kind, target=""):
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


@pytest.fixture(params=["this Python", "a Python without filters"], autouse=True)
def python(request, monkeypatch):
    if request.param != "this Python":
        monkeypatch.delattr(tarfile, "data_filter", raising=False)


def test_files_and_folders_are_unpacked_and_nobody_else_may_write_them(tmp_path):
    unpack(archive(entry("opt", tarfile.DIRTYPE), ("opt/serve.py", b"one"), ("/etc/conf", b"two")), tmp_path)
    assert (tmp_path / "opt" / "serve.py").read_bytes() == b"one"
    assert (tmp_path / "etc" / "conf").read_bytes() == b"two"
    assert (tmp_path / "opt" / "serve.py").stat().st_mode & 0o022 == 0


@pytest.mark.parametrize(
    "member",
    [
        ("../outside", b"x"),
        ("a/../../outside", b"x"),
        entry("link", tarfile.SYMTYPE, "/etc/passwd"),
        entry("link", tarfile.LNKTYPE, "../outside"),
        entry("pipe", tarfile.FIFOTYPE),
    ],
)
def test_what_would_land_or_lead_outside_is_refused(tmp_path, member):
    folder = tmp_path / "model"
    folder.mkdir()
    with pytest.raises(tarfile.TarError):
        unpack(archive(member), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_what_is_no_archive_is_refused(tmp_path):
    with pytest.raises(tarfile.TarError):
        unpack(b"not a tar", tmp_path)


@pytest.mark.parametrize("damage", ["cut off", "changed"])
def test_a_damaged_archive_is_refused_as_one_that_is_none(tmp_path, damage):
    whole = archive(("model.onnx", b"".join(hashlib.sha256(bytes([n])).digest() for n in range(128))))
    for at in range(0, len(whole), 97):
        changed = whole[:at] if damage == "cut off" else whole[:at] + bytes(97) + whole[at + 97 :]
        with suppress(tarfile.TarError):
            unpack(changed, tmp_path)
