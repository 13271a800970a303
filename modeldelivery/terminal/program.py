"""A program of this project, whoever started it and wherever its output goes."""

import sys
from collections.abc import Callable

from modeldelivery.terminal import interrupts, streams, text

INTERRUPTED = 130  # the exit status of a program that a signal ended in order


def run(name: str, work: Callable[[], int], interrupted: str, *, own: bool = True) -> int:
    """A whole program in its frame: its output never fails, and a signal ends it in order, with one sentence.

    Args:
        name: of the program, before each complaint.
        work: all of it, the reading of its command line included; returns the exit status, or raises SystemExit with it.
        interrupted: what is said when a signal ended it: what stands, or what to type.
        own: the process is the program's; else its streams and signals are left alone.
    """
    if own:
        begin()
    try:
        return work()
    except KeyboardInterrupt:
        complain(name, interrupted)
        return INTERRUPTED
    finally:
        if own:
            end(name)


def begin() -> None:
    """Before anything else: output that never fails, and signals that interrupt."""
    streams.keep()
    interrupts.watch()


def end(name: str) -> None:
    """After everything else: say what of the result was lost, to whoever still reads."""
    if why := streams.lost(sys.stdout):
        complain(name, f"standard output could not be written ({why})")


def say(sentence: str) -> None:
    """A text for whoever reads the result."""
    print(text.lines(sentence))


def complain(name: str, sentence: str) -> None:
    """A text for whoever started the program `name`."""
    print(text.lines(f"{name}: {sentence}"), file=sys.stderr)


def give(document: str) -> None:
    """A JSON document for another program."""
    print(text.json(document, sys.stdout.encoding))
