"""Why a stage failed, as the one sentence that a build exports: also where the build's machine is at fault."""

import os
import re
from errno import EDQUOT, ENOSPC
from pathlib import Path

from modeldelivery.review.core.reasons import ending

_FULL = (os.strerror(ENOSPC), os.strerror(EDQUOT))
_KILLED = 9  # what Linux ends a program by where memory is short
_HINT = "compute of the stage in model-delivery:build gives more"
_TRACEBACK = "Traceback (most recent call last):"
_OF_MAKE = re.compile(r"make(\[\d+\])?: ")  # make's own word on a command that failed


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


def last_words(told: str) -> str:
    """What a program that failed said last, make's own word aside: of a traceback the exception, and where that was raised."""
    lines = [line for line in told.splitlines() if line.strip() and not _OF_MAKE.match(line)]
    begins = [number for number, line in enumerate(lines) if line.strip() == _TRACEBACK]
    if not begins:
        return "".join(lines[-1:]).strip()
    traceback = lines[begins[-1] :]
    # Of another program's words, shown by the one that called it.
    margin, _, _ = traceback[0].partition(_TRACEBACK)
    return ending("\n".join(line.removeprefix(margin) for line in traceback)).replace(f"{Path.cwd()}/", "")


def of_a_bug(error: Exception) -> str:
    """Of an error that nobody foresaw: a module that cannot be imported is one."""
    return f"{type(error).__name__}: {error}: a bug of the build's own, or of this commit; the log has its traceback"


def ended(program: str, status: int) -> str:
    """How a program ended that said nothing; a negative status is the signal that ended it."""
    if status >= 0:
        return f"{program} ended with status {status}"
    short = f", as where memory is short: {_HINT}" if -status == _KILLED else ""
    return f"{program} was ended by signal {-status}{short}"
