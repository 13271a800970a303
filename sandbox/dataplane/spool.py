"""Files of captured lines on their way to S3: the data plane writes them, and hosting takes them away.

They are on a disk, as on SageMaker's instances: what waits for a slow S3 takes no memory, and what a process wrote before it was killed
is there for the next one. A file is named as the object that becomes of it, and its first line says where that goes.
"""

import os
import time
import uuid
from pathlib import Path
from typing import BinaryIO, NamedTuple

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
    """One that is being written.

    Attributes:
        name: in the spool's folder.
        size: bytes of its lines.
    """

    def __init__(self, stream: BinaryIO, name: str, place: Place) -> None:
        self._stream, self.name, self.size = stream, name, 0
        self._head = stream.write(msgspec.json.encode(place) + b"\n")

    def write(self, lines: bytes) -> None:
        """Append whole lines, or nothing.

        Raises:
            OSError: the disk is full, or broken.
        """
        written = self._stream.write(lines)
        if written < len(lines):
            self._stream.truncate(self._head + self.size)
            self._stream.seek(0, os.SEEK_END)
            raise OSError(f"{len(lines) - written} bytes of {len(lines)} have no place on the disk")
        self.size += written

    def close(self) -> None:
        self._stream.close()


class Spool:
    """The data plane's end."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self._folder, self._most = folder, most

    def open(self, place: Place) -> File:
        """A new file.

        Raises:
            OSError: it cannot be made, or too much waits already.
        """
        waiting = sum(entry.stat().st_size for entry in os.scandir(self._folder))
        if waiting >= self._most:
            raise OSError(
                f"{waiting >> 20} MiB wait to be written to S3 already, and {self._most >> 20} MiB may"
            )
        name = f"{time.strftime('%M-%S', time.gmtime())}-{uuid.uuid4()}.jsonl"
        return File((self._folder / name).open("xb", buffering=0), name, place)

    def left(self) -> list[str]:
        """Names of what is there: before the first file is opened, what a process wrote that was here before."""
        return sorted(entry.name for entry in os.scandir(self._folder))


def batch(path: Path) -> Batch | None:
    """What is in a file; whoever wrote it may have been killed: only lines that are whole, and None where it does not even say where they go.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    head, _, rest = path.read_bytes().partition(b"\n")
    try:
        place = msgspec.json.decode(head, type=Place)
    except msgspec.DecodeError:
        return None
    return Batch(place, rest if rest.endswith(b"\n") else rest[: rest.rfind(b"\n") + 1])
