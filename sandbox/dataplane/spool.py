"""Files of captured lines on their way to S3: the data plane writes them, and hosting takes them away.

They are on a disk, as on SageMaker's instances: what waits for a slow S3 takes no memory, and what a process wrote before it was killed
is there for the next one. A file is named as the object that becomes of it, and its first line says where that goes.
"""

import contextlib
import os
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

MOST = 1 << 30  # bytes that wait at most


class Place(NamedTuple):
    """Where lines go, and in whose name."""

    account: str
    endpoint: str
    variant: str
    hour: str
    destination: str
    kms_key: str
    role: str


class Batch(NamedTuple):
    """Lines of one file."""

    place: Place
    lines: bytes


class File:
    """One that is being written; without its first line there is none.

    Raises:
        OSError: it cannot be made, or the disk has no room for its first line.

    Attributes:
        name: in the spool's folder.
        size: bytes of its lines.
    """

    def __init__(self, path: Path, place: Place) -> None:
        self._stream, self._end = path.open("xb", buffering=0), 0
        self.name, self.size = path.name, 0
        try:
            self._append(msgspec.json.encode(place) + b"\n")
        except OSError:
            self._stream.close()
            path.unlink()
            raise

    def write(self, lines: bytes) -> None:
        """Append whole lines, or nothing.

        Raises:
            OSError: the disk is full, or broken.
        """
        self._append(lines)
        self.size += len(lines)

    def close(self) -> None:
        self._stream.close()

    def _append(self, data: bytes) -> None:
        written = self._stream.write(data)
        if written < len(data):
            self._stream.truncate(self._end)
            self._stream.seek(0, os.SEEK_END)
            raise OSError(f"{len(data) - written} bytes of {len(data)} have no place on the disk")
        self._end += written


class Spool:
    """The data plane's end."""

    def __init__(self, folder: Path, most: int = MOST, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._most, self._clock = folder, most, clock

    def open(self, place: Place) -> File:
        """A new file.

        Raises:
            OSError: it cannot be made, or too much waits already.
        """
        waiting = self._waiting()
        if waiting >= self._most:
            raise OSError(
                f"{waiting >> 20} MiB wait to be written to S3 already, and {self._most >> 20} MiB may"
            )
        moment = datetime.fromtimestamp(self._clock(), UTC)
        # As SageMaker's: by name, later files come later.
        name = f"{moment:%M-%S}-{moment.microsecond // 1000:03}-{uuid.uuid4()}.jsonl"
        return File(self._folder / name, place)

    def left(self) -> list[str]:
        """Names of what is there: before the first file is opened, what a process wrote that was here before."""
        return sorted(entry.name for entry in os.scandir(self._folder))

    def _waiting(self) -> int:
        """Bytes, of files that may be taken away meanwhile."""
        waiting = 0
        for entry in os.scandir(self._folder):
            with contextlib.suppress(FileNotFoundError):
                waiting += entry.stat().st_size
        return waiting


def batch(path: Path) -> Batch | None:
    """What is in a file; whoever wrote it may have been killed: only lines that are whole, and None where it does not even say where they go.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    # Unbuffered: megabytes of lines are read once, and not copied behind what a buffer read of them.
    with path.open("rb", buffering=0) as stream:
        head, lines = stream.readline(), stream.read()
    try:
        place = msgspec.json.decode(head, type=Place)
    except msgspec.DecodeError:
        return None
    return Batch(place, lines if lines.endswith(b"\n") else lines[: lines.rfind(b"\n") + 1])
