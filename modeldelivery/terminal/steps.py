"""What the person who waits sees: each step, how long it has taken, and what to do when it fails."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from modeldelivery.terminal.text import line

_PIPED_INTERVAL = 20.0  # seconds between "still at it" lines where no terminal rewrites one
_GREEN, _RED, _DIM, _RESET = "\033[32m", "\033[31m", "\033[2m", "\033[0m"


class SetupError(Exception):
    """A step cannot be done: what went wrong and what to do, as one text for a person."""


class Step:
    """One step under way."""

    def __init__(self, title: str, stream: TextIO) -> None:
        self._title = line(title)
        self._stream = stream
        self._terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._colour = self._terminal and "NO_COLOR" not in os.environ
        self._started = self._told = time.monotonic()
        self._outcome = ""

    def status(self, text: str) -> None:
        """What is going on now; on a terminal it replaces the last such line, else it is shown now and then."""
        now = time.monotonic()
        shown = f"{line(text)}, {now - self._started:.0f} s"
        if self._terminal:
            self._write(f"\r\033[K  … {self._title}: {self._paint(_DIM, shown)}", end="")
        elif now - self._told >= _PIPED_INTERVAL:
            self._told = now
            self._write(f"  … {self._title}: {shown}")

    def say(self, text: str) -> None:
        """A line that stays."""
        self._clear()
        self._write(f"  … {self._title}: {line(text)}")

    def outcome(self, text: str) -> None:
        """What the step's last line says once it is done."""
        self._outcome = line(text)

    def finish(self) -> None:
        self._clear()
        took = time.monotonic() - self._started
        parts = [part for part in (self._outcome, f"{took:.1f} s" if took >= 1 else "") if part]
        detail = f": {', '.join(parts)}" if parts else ""
        self._write(f"  {self._paint(_GREEN, '✓')} {self._title}{detail}")

    def fail(self) -> None:
        self._clear()
        self._write(f"  {self._paint(_RED, '✗')} {self._title}")

    def _clear(self) -> None:
        if self._terminal:
            self._write("\r\033[K", end="")

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_RESET}" if self._colour else text

    def _write(self, text: str, end: str = "\n") -> None:
        print(text, end=end, file=self._stream, flush=True)


@contextmanager
def step(title: str, stream: TextIO) -> Iterator[Step]:
    """Show a step while the block runs, and whether it was done."""
    under_way = Step(title, stream)
    try:
        yield under_way
    except BaseException:
        under_way.fail()
        raise
    under_way.finish()
