"""Standard output and standard error that never fail: what becomes of them does not decide what becomes of an operation.

A reader that went away, a full disk, a terminal that hung up, a closed descriptor, an encoding without the character: the text
is lost or spelled otherwise, and the program goes on to its end and its status.
"""

import codecs
import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STALLED = 1.0  # seconds after which a reader that takes nothing is waited for no more, where waiting would hold up a program
_SPELLED = {"→": "->", "…": "...", "✓": "ok", "✗": "failed", "·": "-", "≤": "<=", "≥": ">="}
_LAST = 2  # standard error
_GONE = (errno.EPIPE, errno.EIO)  # nobody reads: nothing that anyone could be told


class Kept(io.RawIOBase):
    """A descriptor that takes everything.

    Attributes:
        failure: why what is written is no longer shown; None while it is.
    """

    def __init__(self, descriptor: int, *, waits: bool) -> None:
        """`waits`: for a slow reader, for as long as it takes; else what it does not take within `STALLED` is dropped."""
        super().__init__()
        self._descriptor, self._waits = descriptor, waits
        self._stalled = False
        self.failure: OSError | None = None

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer") -> int:
        """Never raises; what cannot be written counts as written."""
        sent = memoryview(data).cast("B")
        if self.failure or not (self._waits or self._ready()):
            return len(sent)
        try:
            return self._write(sent)
        except OSError as error:
            self.failure = error
            return len(sent)

    def _write(self, sent: memoryview) -> int:
        while True:
            try:
                # What a pipe that is ready surely takes at once (POSIX, write).
                return os.write(self._descriptor, sent if self._waits else sent[: select.PIPE_BUF])
            except BlockingIOError:  # someone who shares the descriptor made it so
                if not self._ready():
                    return len(sent)

    def _ready(self) -> bool:
        """Whether a write would not block; where nobody waits, once it did, only what the reader takes at once is shown."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        if self._waits:
            return bool(poll.poll())
        ready = bool(poll.poll(0 if self._stalled else STALLED * 1000))
        self._stalled = not ready
        return ready


def _spell(error: UnicodeError) -> tuple[str, int]:
    """Characters that an encoding lacks, in others."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(_SPELLED.get(character, "?") for character in characters), error.end


codecs.register_error("spelled", _spell)


def kept(descriptor: int, encoding: str = "utf-8", *, waits: bool) -> TextIO:
    """Text written to a descriptor by the line; writing never fails. `waits` is `Kept`'s."""
    raw = Kept(descriptor, waits=waits)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding, errors="spelled", line_buffering=True)


def keep() -> None:
    """Make this process' standard streams such ones; to be called before anything else is opened."""
    closed = sys.stdout is None, sys.stderr is None
    _fill()
    # Where a descriptor was closed, Python may have opened something else there since.
    out, err = (os.open(os.devnull, os.O_WRONLY) if was else n for n, was in enumerate(closed, start=1))
    sys.stdout = kept(out, "utf-8" if sys.stdout is None else sys.stdout.encoding, waits=True)
    sys.stderr = kept(err, "utf-8" if sys.stderr is None else sys.stderr.encoding, waits=False)


def lost(stream: TextIO) -> str | None:
    """Why what was written to a kept stream did not arrive, when there is someone to tell; None otherwise."""
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    failure = raw.failure if isinstance(raw, Kept) else None
    return failure.strerror if failure is not None and failure.errno not in _GONE else None


def _fill() -> None:
    """Open what is closed of the first three descriptors: else a connection would get its number, and what is printed."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= _LAST:
        os.set_inheritable(opened, True)  # noqa: FBT003 - its only argument
    os.close(opened)
