"""How far programs can be kept apart on this machine: the best rung of a ladder that works, tried once.

    namespaces        the program's own network namespace: the sandbox may make one (root)
    user-namespaces   the same, in a user namespace, which plain users may make on many Linux machines
    none              nothing: macOS, and containers or kernels that refuse both

`SANDBOX_ISOLATION` forces a rung. What a program asks for beyond the rung is left out; which rung was reached is in
`sandbox status`, and why no better one was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

Level = Literal["namespaces", "user-namespaces", "none"]
LEVELS: tuple[Level, ...] = get_args(Level)  # the best first

# Why a level does not work here; None when it does.
Try = Callable[[Level], str | None]


class IsolationError(Exception):
    """A sentence for whoever forced a level."""


@dataclass(frozen=True)
class Isolation:
    """What was reached, and why none of the better levels was."""

    level: Level
    why: str = ""


def reach(attempt: Try, forced: str = "") -> Isolation:
    """The best level that works, or the forced one; raises IsolationError when that one is unknown or does not work."""
    if forced and forced not in LEVELS:
        raise IsolationError(f"SANDBOX_ISOLATION={forced!r} is not one of {', '.join(LEVELS)}")
    reasons: list[str] = []
    for level in LEVELS:
        if level == "none" and forced in {"", "none"}:
            return Isolation(level, "; ".join(reasons) or "SANDBOX_ISOLATION asks for it")
        if forced not in {"", level}:
            continue
        reason = attempt(level)
        if reason is None:
            return Isolation(level, "; ".join(reasons))
        reasons.append(f"{level}: {reason}")
    raise IsolationError(f"SANDBOX_ISOLATION={forced} does not work on this machine ({reasons[0]})")
