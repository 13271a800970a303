"""Archives unpacked so that nothing of them lands outside their folder."""

import gzip
import io
import lzma
import tarfile
import zlib
from pathlib import Path

# What reading a damaged archive raises beside tarfile.TarError.
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError)


def unpack(data: bytes, target: Path) -> None:
    """Unpack a tar.gz into a folder.

    Raises:
        tarfile.TarError: it is none, is damaged, or holds more than files and folders of its own.
    """
    try:
        _unpack(data, target)
    except DAMAGED as error:
        raise tarfile.ReadError(f"it is damaged: {error}") from error


def _unpack(data: bytes, target: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(target, filter="data")
            return
        for member in tar:  # Python before 3.11.4, Debian 12's among them
            _unpack_member(tar, member, target)


def _unpack_member(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    path = target / member.name.lstrip("/")
    if not path.resolve().is_relative_to(target.resolve()) or not (member.isreg() or member.isdir()):
        raise tarfile.ReadError(f"{member.name!r} is no file or folder of its own")
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    content = tar.extractfile(member)
    assert content is not None  # it is a file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.read())
    path.chmod((member.mode & 0o755) | 0o600)
