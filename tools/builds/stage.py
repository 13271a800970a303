"""What a stage is told, and its commands: shown while they run, and their last words where they fail."""

import math
import os
import selectors
import subprocess
import sys
import time
from codecs import getincrementaldecoder
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from tools.builds import reason

_CHUNK = 1 << 16


class StageError(Exception):
    """Why a stage cannot go on; a sentence."""


def required(environ: Mapping[str, str], name: str) -> str:
    """A variable that a stage cannot go without. Raises StageError."""
    if not (value := environ.get(name)):
        raise StageError(
            f"{name} is not set: the stack sets it for its builds, and a tag job for itself (docs/build.md)"
        )
    return value


def called(*command: str) -> str:
    """Run a command, all that it says shown; what it printed.

    Raises:
        StageError: it failed; its last words say why.
    """
    done = shown(command)
    if done.returncode:
        # One that a signal ended did not come to say why.
        told = reason.last_words(done.stderr.strip() or done.stdout) if done.returncode > 0 else ""
        raise StageError(told or reason.ended(command[0], done.returncode))
    return done.stdout


def shown(
    command: Sequence[str],
    *,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
    seconds: float = math.inf,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, what it says passed on while it says it: the log of one that hangs, or that is ended, has it too.

    Args:
        command: what is run.
        folder: where; None for here.
        environ: its whole environment; None for ours.
        seconds: that it may take.

    Raises:
        StageError: it took longer, and was ended.
    """
    with subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            output, errors = _followed(process, Path(command[0]).name, seconds)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


class _Followed:
    """One of its streams: what it said so far, each piece passed on."""

    def __init__(self, to: TextIO) -> None:
        self._to, self._decoder = to, getincrementaldecoder("utf-8")("replace")
        self.text = ""

    def take(self, piece: bytes) -> None:
        """A piece of it; b"" is its end."""
        text = self._decoder.decode(piece, final=not piece)
        self.text += text
        self._to.write(text)
        self._to.flush()


def _followed(process: subprocess.Popen[bytes], program: str, seconds: float) -> tuple[str, str]:
    """What it printed and what it complained of, once both have ended. Raises StageError when the time is over."""
    end = time.monotonic() + seconds
    assert process.stdout, "a pipe"
    assert process.stderr, "a pipe"
    output, errors = _Followed(sys.stdout), _Followed(sys.stderr)
    with selectors.DefaultSelector() as streams:
        streams.register(process.stdout, selectors.EVENT_READ, output)
        streams.register(process.stderr, selectors.EVENT_READ, errors)
        while streams.get_map():
            left = end - time.monotonic()
            if left <= 0:
                raise StageError(f"{program} did not end within {seconds / 60:.0f} minutes, and was ended")
            for key, _ in streams.select(None if left == math.inf else left):
                piece = os.read(key.fd, _CHUNK)
                key.data.take(piece)
                if not piece:
                    streams.unregister(key.fileobj)
    return output.text, errors.text
