"""`model.tar.gz` looked at before a version is bound to it: whether SageMaker could unpack it, and nothing outside its folder.

The archive is read from front to end and never unpacked; gzip's checksum is proved on the way.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from modeldelivery.release.errors import RefusedError

_GZIP = b"\x1f\x8b"
_PACK = "`tar -czf model.tar.gz -C FOLDER .` packs the files of a folder"
_BIG, _RATIO = (
    256 * 1024**2,
    200,
)  # bytes from which on, and times its size that, an archive may not unpack to
_MOST_BYTES = 100 * 1024**3
_MOST_MEMBERS = 100_000
_CHUNK = 1024**2


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive holds.

    Attributes:
        files: paths of its files and links, relative to the folder that it is unpacked to.
        size: bytes unpacked.
    """

    files: tuple[str, ...]
    size: int


class _BadArchiveError(Exception):
    """Why, as the end of a sentence that begins with the archive's name."""


def look_into(path: Path) -> Contents:
    """The contents of an archive that can be unpacked. Raises RefusedError, which says what is wrong with another."""
    try:
        return _contents(path)
    except _BadArchiveError as error:
        raise RefusedError(f"--artifact {path} {error}", hint=_PACK) from error
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise RefusedError(f"--artifact {path} is damaged: {error}", hint=_PACK) from error
        raise RefusedError(f"--artifact {path}: {error.strerror or error}") from error
    except (EOFError, zlib.error) as error:
        raise RefusedError(f"--artifact {path} is damaged or cut off: {error}", hint=_PACK) from error
    except (tarfile.TarError, ValueError, UnicodeError) as error:
        raise RefusedError(f"--artifact {path} holds no tar archive: {error}", hint=_PACK) from error


def member(path: Path, name: str, most: int) -> bytes | None:
    """Contents of one file of an archive that was looked into, at most so many bytes; None when it has no such file."""
    with tarfile.open(path, mode="r:gz") as tar:
        for entry in tar:
            if entry.isreg() and _inside(entry.name) == name:
                file = tar.extractfile(entry)
                assert file is not None, "it is a file"
                return file.read(most)
    return None


def _contents(path: Path) -> Contents:
    size = path.stat().st_size
    if size == 0:
        raise _BadArchiveError("is empty")
    with path.open("rb") as raw:
        begins = raw.read(len(_GZIP))
        raw.seek(0)
        if begins != _GZIP:
            raise _BadArchiveError("is no gzip file, whatever it is called")
        with gzip.GzipFile(fileobj=raw) as unpacked, tarfile.open(fileobj=unpacked, mode="r:") as tar:
            contents = _looked_at(tar, _most(size))
            _read_to_the_end(unpacked, tar.offset, _most(size))
    return contents


def _most(size: int) -> int:
    """Bytes that an archive of a size may unpack to: no model compresses to a two-hundredth."""
    return min(max(_BIG, _RATIO * size), _MOST_BYTES)


def _looked_at(tar: tarfile.TarFile, most: int) -> Contents:
    kinds: dict[str, bool] = {}  # whether it is a file, by path
    size = 0
    for entry in _safe(tar):
        size += entry.size
        path = _inside(entry.name)
        if size > most:
            raise _BadArchiveError(
                f"would unpack to more than {most // 1024**2} MiB: {path} is one file too many"
            )
        if len(kinds) >= _MOST_MEMBERS:
            raise _BadArchiveError(f"holds more than {_MOST_MEMBERS} files and folders")
        if path in kinds and not (entry.isdir() and not kinds[path]):
            raise _BadArchiveError(f"holds {path} twice, and which one serves would be chance")
        kinds[path] = not entry.isdir()
    for path in kinds:
        above = next((str(p) for p in PurePosixPath(path).parents if kinds.get(str(p))), None)
        if above:
            raise _BadArchiveError(f"holds {path} in {above}, which is no folder")
    files = tuple(path for path, is_file in kinds.items() if is_file)
    if not files:
        raise _BadArchiveError("holds no file")
    return Contents(files=files, size=size)


def _safe(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members, each of which stays in the folder that it is unpacked to."""
    visited = set[str]()
    for entry in tar:
        _inside(entry.name)
        if entry.issym():
            if not _stays(PurePosixPath(entry.name).parent, PurePosixPath(entry.linkname)):
                raise _BadArchiveError(f"holds {entry.name!r}, a link to {entry.linkname!r} outside of it")
        elif entry.islnk():
            if str(PurePosixPath(entry.linkname)) not in visited:
                raise _BadArchiveError(
                    f"holds {entry.name!r}, a hard link to {entry.linkname!r}, which is no file before it"
                )
        elif not (entry.isreg() or entry.isdir()):
            raise _BadArchiveError(f"holds {entry.name!r}, which is neither a file nor a folder nor a link")
        if not entry.isdir():
            visited.add(_inside(entry.name))
        yield entry


def _inside(name: str) -> str:
    """The member's path without `./`; raises when it leads out of the archive's folder, or cannot be a name."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise _BadArchiveError(f"holds {name!r}, which would be written outside of its folder")
    if not name.isprintable():
        raise _BadArchiveError(f"holds {name!r}, a name with characters that cannot be printed")
    return str(path)


def _stays(folder: PurePosixPath, target: PurePosixPath) -> bool:
    """Whether a symbolic link in a folder of the archive leads to somewhere in the archive.

    It may climb first, as far as it lies deep, and never again: what it then goes through may be a link itself, whose `..`
    is not the folder that it is written in.
    """
    climbs = next((n for n, part in enumerate(target.parts) if part != ".."), len(target.parts))
    return not target.is_absolute() and climbs <= len(folder.parts) and ".." not in target.parts[climbs:]


def _read_to_the_end(unpacked: io.BufferedIOBase, offset: int, most: int) -> None:
    """Prove gzip's checksum, and that nothing but padding follows the last member: tarfile stops at what it cannot read."""
    unpacked.seek(offset)
    left = most
    while chunk := unpacked.read(_CHUNK):
        left -= len(chunk)
        if chunk.strip(b"\0"):
            raise _BadArchiveError(
                "has something after its last file that no tar archive has there: it is damaged"
            )
        if left < 0:
            raise _BadArchiveError(f"would unpack to more than {most // 1024**2} MiB")
