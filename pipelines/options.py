"""Values of options that several programs take, as argparse reads them."""

import argparse
from collections.abc import Callable


def days(most: int) -> Callable[[str], int]:
    """A length of time in whole days, 1 to `most`. What is returned raises argparse.ArgumentTypeError."""

    def read(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r}: a whole number of days, 1 to {most}")
        return int(text)

    return read
