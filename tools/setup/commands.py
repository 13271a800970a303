"""Run a command that may take minutes: elapsed time while it runs, its last words when it fails."""

import math
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from modeldelivery.terminal.steps import SetupError, Step

_TICK = 0.5  # seconds between two looks
_LAST_LINES = 15
_WIDTH = 300  # of such a line; pip names every version that there is


class CommandError(SetupError):
    """A command ended badly; the text has its last lines, and what to do where that is known."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what}\nWhat to do: {hint}" if hint else what)


def run(
    argv: Sequence[str | Path],
    step: Step,
    *,
    doing: str,
    folder: Path,
    variables: Mapping[str, str] | None = None,
    describe: Callable[[BinaryIO], str] | None = None,
    hint: str = "",
    seconds: float = math.inf,
) -> None:
    """Run `argv` to its end.

    Args:
        argv: the command.
        step: where to show progress.
        doing: what the command does, for the person who waits.
        folder: where to run it.
        variables: its whole environment; None is ours.
        describe: from what the command has written so far to a word on how far it is.
        hint: what to do when it fails.
        seconds: that it may take.

    Raises:
        CommandError: it could not be started, took longer, or ended with a status other than 0.
    """
    # Appending: parent and child share one file offset, which `describe` moves.
    with tempfile.TemporaryFile("a+b") as log:
        try:
            child = subprocess.Popen(
                [str(part) for part in argv],
                cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        except OSError as error:
            raise CommandError(f"`{argv[0]}` cannot be started: {error.strerror}", hint) from error
        try:
            status = _wait(child, seconds, lambda: step.status(f"{doing}{describe(log) if describe else ''}"))
        except BaseException:
            child.terminate()
            child.wait()
            raise
        if status is None:
            child.terminate()
            child.wait()
            raise CommandError(
                f"`{_shown(argv)}` did not end within {seconds:.0f} s:\n{_last_lines(log)}", hint
            )
        if status:
            raise CommandError(f"`{_shown(argv)}` ended with status {status}:\n{_last_lines(log)}", hint)


def _wait(child: subprocess.Popen[bytes], seconds: float, tell: Callable[[], None]) -> int | None:
    """The status; None for a child that still runs after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        tell()
        try:
            return child.wait(timeout=_TICK)
        except subprocess.TimeoutExpired:
            continue
    return None


def count_lines(unit: str) -> Callable[[BinaryIO], str]:
    """A `describe` that counts lines of output: ", 12 packages"."""
    lines = 0
    position = 0

    def describe(log: BinaryIO) -> str:
        nonlocal lines, position
        log_end = log.seek(0, 2)
        log.seek(position)
        lines += log.read(log_end - position).count(b"\n")
        position = log_end
        return f", {lines} {unit}"

    return describe


def _last_lines(log: BinaryIO) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").splitlines()
    return "\n".join(f"    {line[:_WIDTH]}" for line in lines[-_LAST_LINES:])


def _shown(argv: Sequence[str | Path]) -> str:
    return shlex.join(str(part) for part in argv)
