"""How what was captured goes from the data plane to hosting: a line of JSON that says what follows, and then the very bytes.

As text in JSON each byte of it would be escaped, parsed and encoded again, by processes that have requests to answer.
"""

from collections.abc import Sequence
from typing import IO

import msgspec

from sandbox.dataplane.capture import Batch, Place


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What follows a line: files, and how many bytes each has."""

    captured: list[tuple[Place, int]]


def packed(batches: Sequence[Batch]) -> bytes:
    """The line, and the bytes behind it."""
    head = Head([(batch.place, len(batch.lines)) for batch in batches])
    return b"".join((msgspec.json.encode(head), b"\n", *(batch.lines for batch in batches)))


def unpacked(line: bytes, stream: IO[bytes]) -> list[Batch]:
    """What follows a line in a stream.

    Raises:
        EOFError: the stream ends before it: half a file is none.
    """
    batches = []
    for place, size in msgspec.json.decode(line, type=Head).captured:
        lines = stream.read(size)
        if len(lines) < size:
            raise EOFError(f"{size - len(lines)} bytes of what was captured of {place.endpoint} are missing")
        batches.append(Batch(place, lines))
    return batches
