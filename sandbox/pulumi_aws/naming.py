"""Physical names that a program leaves out: the resource's name, `-`, and seven hex digits, as pulumi-aws makes them."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass

SUFFIX = 8  # "-" and seven digits


@dataclass(frozen=True)
class AutoName:
    """Which property gets a name, how long it may be in all, and how it is written."""

    property: str
    longest: int
    written: Callable[[str], str] = str


class NameTooLongError(ValueError):
    """The resource's name leaves no room for the suffix."""


def auto_name(rule: AutoName, name: str, random_seed: bytes) -> str:
    """A name; the same for the same seed."""
    room = rule.longest - SUFFIX
    if len(name) > room:
        raise NameTooLongError(
            f"the resource's name {name!r} has {len(name)} characters, and {room} are allowed so that a suffix "
            f"fits into {rule.longest}: shorten it, or set {rule.property}"
        )
    digits = hashlib.sha256(random_seed or os.urandom(16)).hexdigest()[: SUFFIX - 1]
    return rule.written(f"{name}-{digits}")
