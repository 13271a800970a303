"""Lays an image's layers over each other in a folder: `python -IS layers.py FOLDER LAYER.tar.gz…`, the lowest first.

A process of its own, which makes the folder its root before it reads the first layer: no name and no link in a layer can
lead out of it. Device nodes are left out. Only the standard library is at hand, and imported before the root changes.
Source: https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets
"""

import ctypes
import gzip
import os
import shutil
import sys
import tarfile
import zlib  # noqa: F401 - gzip needs it after the root has changed
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

_CLONE_NEWUSER = 0x10000000
_GONE, _ALL_GONE = ".wh.", ".wh..wh..opq"
_ROOT = Path("/")  # the folder, once it is the root
# The root is the folder, so absolute links are links in it; Python before 3.11.4 has no filters.
_TRUSTED: dict[str, Any] = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}


def main() -> None:
    folder, *names = sys.argv[1:]
    layers = [Path(name).open("rb") for name in names]  # noqa: SIM115 - they are read after the root has changed
    _enter(folder)
    os.umask(0o022)  # of folders that a layer names only as part of a path
    for layer in layers:
        _take_away(layer)
        layer.seek(0)
        _add(layer)


def _enter(folder: str) -> None:
    user, group = os.getuid(), os.getgid()
    if user != 0:
        if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER):
            raise OSError(ctypes.get_errno(), "unshare: a user namespace is needed to unpack an image")
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            Path(f"/proc/self/{name}").write_text(text)
    os.chroot(folder)
    os.chdir("/")


def _members(layer: BinaryIO) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    with gzip.GzipFile(fileobj=layer) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
        for member in tar:
            yield tar, member


def _take_away(layer: BinaryIO) -> None:
    """What the layer says of those beneath it is gone."""
    for _, member in _members(layer):
        path = _ROOT / member.name
        if path.name == _ALL_GONE and path.parent.is_dir():
            for each in list(path.parent.iterdir()):
                _remove(each)
        elif path.name.startswith(_GONE):
            _remove(path.with_name(path.name.removeprefix(_GONE)))


def _add(layer: BinaryIO) -> None:
    for tar, member in _members(layer):
        path = _ROOT / member.name
        kept = member.isreg() or member.isdir() or member.issym() or member.islnk()
        if path.name.startswith(_GONE) or not kept:
            continue
        if not (member.isdir() and path.is_dir()):
            _remove(path)
        tar.extract(member, _ROOT, numeric_owner=True, **_TRUSTED)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
