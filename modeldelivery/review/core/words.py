"""Sentences of our own words, and names that come from outside and are never words of ours."""

import msgspec

from modeldelivery.catalogue.table import WORDS


class Name(msgspec.Struct, frozen=True):
    """Text from outside: a resource's name, a version, a message. Whoever draws it lets it be nothing but text."""

    text: str


Line = tuple[str | Name, ...]

_OURS = WORDS | {"version"}


def words(text: str) -> str | Name:
    """What a kind of resource is called: our own word, or a type from outside, which is only a name."""
    return text if text in _OURS else Name(text)


def listed(names: tuple[str, ...], most: int = 12) -> Line:
    """`a`, `b` and 3 more."""
    line: list[str | Name] = []
    for name in names[:most]:
        line += [", " if line else "", Name(name)]
    if len(names) > most:
        line.append(f" and {len(names) - most} more")
    return tuple(part for part in line if part != "")
