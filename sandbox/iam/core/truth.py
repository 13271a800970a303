"""Yes, no, or unclear: what follows when a part of a policy cannot be judged.

Unclear names what it hangs on. It spreads only where it would decide: a Deny that certainly applies denies whatever
else a policy holds, and an Allow that certainly applies needs no other one.
"""

from collections.abc import Iterable

# A frozenset is unclear: the names of what the sandbox cannot judge.
Truth = bool | frozenset[str]


def unclear(name: str) -> Truth:
    """Neither yes nor no, because of `name`."""
    return frozenset({name})


def every(truths: Iterable[Truth]) -> Truth:
    """Yes when all are, no when one is not."""
    names: frozenset[str] = frozenset()
    for truth in truths:
        if truth is False:
            return False
        if truth is not True:
            names |= truth
    return names or True


def some(truths: Iterable[Truth]) -> Truth:
    """Yes when one is, no when none is."""
    names: frozenset[str] = frozenset()
    for truth in truths:
        if truth is True:
            return True
        if truth is not False:
            names |= truth
    return names or False


def opposite(truth: Truth) -> Truth:
    return not truth if isinstance(truth, bool) else truth
