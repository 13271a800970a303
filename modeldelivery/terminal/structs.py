"""Structs made readable before a program has threads.

msgspec looks at a Struct's fields when it reads one for the first time, by Python code, and shows other threads what it has
not finished: two that read the same kind for the first time at once end the process (SIGSEGV in `msgspec._core`, 0.22).
"""

from collections.abc import Iterator
from contextlib import suppress

import msgspec


def prepare() -> None:
    """Look at the fields of every Struct that is imported by now; a program with threads calls it before they begin."""
    for kind in list(_kinds(msgspec.Struct)):
        with suppress(
            NameError, TypeError
        ):  # of one that nobody reads: it holds a client, or what only a checker of types imports
            msgspec.json.Decoder(kind)


def _kinds(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for derived in kind.__subclasses__():
        yield derived
        yield from _kinds(derived)
