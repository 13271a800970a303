"""The months of the data that Git names, written from the published package, so that DVC's remote can be filled."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import yaml

FOLDER = "data"
_POINTER = ".dvc"


class OtherDataError(Exception):
    """A month whose bytes are not those that Git names."""


def pointers(root: Path) -> list[Path]:
    """The files by which Git names the months, relative to the project."""
    return sorted(path.relative_to(root) for path in (root / FOLDER).glob(f"*/*.csv{_POINTER}"))


def write_months(root: Path, published: Mapping[str, bytes]) -> list[Path]:
    """Write each month that Git names and that is not there; the pointers of all that are now as named.

    A month that is there with other bytes is somebody's work, and is left alone.

    Args:
        root: the project.
        published: the bytes by path, `flights/2013-01.csv`.

    Raises:
        OtherDataError: a month is not published, or has other bytes than Git names; nothing was written.
    """
    missing, named = {}, []
    for pointer in pointers(root):
        out = yaml.safe_load((root / pointer).read_text())["outs"][0]
        path = pointer.with_suffix("")
        if (root / path).is_file():
            if _md5((root / path).read_bytes()) == out["md5"]:
                named.append(pointer)
            continue
        content = published.get(str(path.relative_to(FOLDER)))
        if content is None:
            raise OtherDataError(
                f"{pointer} names a month that is not published: `dvc pull {pointer}` gets it"
            )
        if _md5(content) != out["md5"]:
            raise OtherDataError(
                f"{pointer} names md5 {out['md5']} ({out['size']} bytes), but the published month has {_md5(content)} "
                f"({len(content)} bytes): the package's data is not what was committed"
            )
        missing[root / path] = content
        named.append(pointer)
    for file, content in missing.items():
        partial = file.with_suffix(".partial")
        partial.write_bytes(content)
        partial.replace(file)
    return named


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
