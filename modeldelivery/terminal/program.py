"""A program of this project, whoever started it and wherever its output goes."""

import sys

from modeldelivery.terminal import interrupts, streams, text


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
