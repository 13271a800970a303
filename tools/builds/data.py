"""The data that a commit names, pulled by DVC; why it could not be, in one sentence."""

from collections.abc import Sequence
from pathlib import Path

from tools.builds import reason
from tools.builds.stage import StageError, shown

# DVC's words: before what it could not do, between what it could not check out and what it asks then.
_ERROR, _TARGETS, _ASKS = "ERROR: ", "Checkout failed for following targets:", "Is your cache up to date?"


def pull(dvc: Path, pointers: Sequence[str]) -> None:
    """Have the tables of these pointers here. Raises StageError. Not `--quiet`, by which DVC is silent on errors too."""
    done = shown([str(dvc), "pull", *pointers])
    if done.returncode:
        raise StageError(why(done.stderr) or reason.ended("dvc pull", done.returncode))


def why(errors: str) -> str:
    """What DVC could not do, of what it says; "" where it says nothing."""
    lines = [line.strip() for line in errors.splitlines()]
    told = [line.removeprefix(_ERROR) for line in lines if line.startswith(_ERROR)]
    if not told:
        return ""
    if told[-1].endswith(_TARGETS) and _ASKS in lines:
        first = next(number for number, line in enumerate(lines) if line.endswith(_TARGETS))
        files = ", ".join(lines[first + 1 : lines.index(_ASKS)])
        return (
            f"DVC's remote does not have {files}: `dvc push` from where that was made, then retry the stage"
        )
    return "dvc pull: " + "; ".join(dict.fromkeys((told[0], told[-1])))
