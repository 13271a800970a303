"""Why a stage failed, as the one sentence that a build exports: also where the build's machine is at fault."""

import os
from errno import EDQUOT, ENOSPC

_FULL = (os.strerror(ENOSPC), os.strerror(EDQUOT))
_KILLED = 9  # what Linux ends a program by where memory is short
_HINT = "compute of the stage in model-delivery:build gives more"


def is_full(words: str) -> bool:
    """Whether a program says that a disk is full, in its own words or in those of one that it called."""
    return any(each in words for each in _FULL)


def sentence(why: str) -> str:
    """Why, with what to do where the machine's disk is full."""
    return f"{why.rstrip('.')}: the build's disk is full, {_HINT}" if is_full(why) else why


def of_set_up(told: str) -> str:
    """Why set-up stopped: of what a person is told, the step, the last word of the command that failed, and what to do."""
    lines = [line.strip() for line in told.splitlines()]
    return sentence("set-up: " + " ".join([lines[0], *lines[1:][-2:]]))


def ended(program: str, status: int) -> str:
    """How a program ended that said nothing; a negative status is the signal that ended it."""
    if status >= 0:
        return f"{program} ended with status {status}"
    short = f", as where memory is short: {_HINT}" if -status == _KILLED else ""
    return f"{program} was ended by signal {-status}{short}"
