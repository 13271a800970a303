"""What became of an update by a plan, and who holds an environment that could not be updated."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

import msgspec

# The engine's words for a lock of a state file (pulumi/sdk/python/lib/pulumi/automation/errors.py has them too), and its next
# line on each lock; and those of a service that keeps states, which names nobody.
_LOCKED = "the stack is currently locked by"
_HOLDER = re.compile(r"created by (?P<who>\S+ \(pid \d+\)) at (?P<when>\S+)")
_IN_PROGRESS = "Another update is currently in progress"


class Outcome(StrEnum):
    """How an update by a plan ended."""

    DONE = "done"
    STALE = "stale"  # something moved since the plan was made; `why` says whether anything was changed before that showed
    REFUSED = "refused"  # by a rule, before anything was tried
    LOCKED = "locked"  # another deployer was at work until the time allowed was over: nothing was changed
    FAILED = "failed"


class Deployed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `make deploy` leaves for whoever called it: make tells no more than that something failed.

    Attributes:
        commit: that was to be deployed, as Git names it; empty when there is no Git.
        why: one sentence; empty when it is done.
    """

    schema: Literal[1] = 1
    environment: str
    commit: str
    outcome: Outcome
    why: str


def holder(lines: Iterable[str]) -> str:
    """Who holds the environment that an engine could not update, as its output tells; "" where nobody does."""
    locked, who = False, ""
    for line in lines:
        locked = locked or _LOCKED in line or _IN_PROGRESS in line
        if match := _HOLDER.search(line):
            who = who or f"{match['who']}, since {match['when']}"
    return (who or "somebody whom the state's service does not name") if locked else ""
