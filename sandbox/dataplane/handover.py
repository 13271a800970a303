"""How what was captured goes from the data plane to hosting: a line of JSON that says what follows, and then the very bytes.

As text in JSON each byte of it would be escaped, parsed and encoded again, by processes that have requests to answer.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from typing import IO, Any

import msgspec

from sandbox.dataplane.capture import Batch, Place

_LOG = logging.getLogger(__name__)


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What follows a line: files, and how many bytes each has."""

    captured: list[tuple[Place, int]]


def packed(batches: Sequence[Batch]) -> list[bytes]:
    """The line, and what is behind it, to be written one after another: put together it would be copied once more."""
    head = Head([(batch.place, len(batch.lines)) for batch in batches])
    return [msgspec.json.encode(head) + b"\n", *(batch.lines for batch in batches)]


def received(stream: IO[bytes]) -> Iterator[dict[str, Any] | list[Batch]]:
    """What a data plane says until it ends: a message, or what it captured.

    One that was killed while it wrote leaves half of something: a line that is not whole says nothing, and of what was captured the
    lines that are whole are kept.
    """
    for line in stream:
        if not line.endswith(b"\n"):
            return
        message = json.loads(line)
        yield _captured(line, stream) if "captured" in message else message


def _captured(line: bytes, stream: IO[bytes]) -> list[Batch]:
    batches = []
    for place, size in msgspec.json.decode(line, type=Head).captured:
        lines = stream.read(size)
        if len(lines) < size:
            lines = lines[: lines.rfind(b"\n") + 1]
            _LOG.warning(
                "%d bytes of what was captured of %s are missing: the data plane ended",
                size - len(lines),
                place.endpoint,
            )
        if lines:
            batches.append(Batch(place, lines))
    return batches
