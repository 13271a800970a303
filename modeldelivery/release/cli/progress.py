"""Progress, where a person sees it: stderr, so that stdout stays for the result."""

from typing import TextIO

import msgspec

from modeldelivery.terminal import text

REPEAT = 15.0  # seconds after which a wait that goes on is said again where lines cannot be overwritten
_LINE_BEFORE = "\033[1A\r\033[K"  # up one line, and empty it


class Console(msgspec.Struct):
    """A Progress. On a terminal a wait is one line that counts; in a log it is a line now and then.

    Attributes:
        dry_run: nothing of what is noted happens.
    """

    stream: TextIO
    dry_run: bool = False
    waiting_for: str = ""
    printed_at: float = 0.0

    def note(self, sentence: str) -> None:
        if not self.dry_run:
            self.waiting_for = ""
            print(text.line(sentence), file=self.stream, flush=True)

    def waiting(self, why: str, seconds: float) -> None:
        if self.dry_run:
            return
        why = text.line(why)
        if self.stream.isatty():
            over = _LINE_BEFORE if self.waiting_for else ""
            print(f"{over}waiting {seconds:.0f} s: {why}", file=self.stream, flush=True)
            self.waiting_for = why
        elif why != self.waiting_for or seconds - self.printed_at > REPEAT:
            print(f"waiting: {why} ({seconds:.0f} s so far)", file=self.stream, flush=True)
            self.waiting_for, self.printed_at = why, seconds
