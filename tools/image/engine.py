"""What an engine that builds and runs images can do."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from modeldelivery.terminal.steps import Step
from tools.image.errors import ImageError

_SECONDS = 1800.0  # for one command: a base may have to be downloaded
_TICK = 0.5  # seconds between two looks
_LAST_LINES = 25


@dataclass(frozen=True)
class Build:
    """What an image is built from.

    Attributes:
        context: folder.
        dockerfile: in it or beside it.
        arguments: of the Dockerfile's ARG lines.
        secrets: files by the names that RUN lines mount them by; in no layer.
    """

    context: Path
    dockerfile: Path
    arguments: Mapping[str, str]
    secrets: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A container on this machine's network, whose root file system is read-only but for /tmp.

    Attributes:
        command: entrypoint included.
        user: USER:GROUP, as numbers.
        folder: where it works.
        environment: all of it.
        mounts: folders of this machine, by the container's path.
        writable: paths of `mounts` that may be written.
    """

    command: Sequence[str]
    user: str
    folder: str
    environment: Mapping[str, str]
    mounts: Mapping[str, Path] = field(default_factory=dict)
    writable: frozenset[str] = frozenset()


class Engine(Protocol):
    """Images are named by what `build` and `load` return."""

    name: str

    def pull(self, reference: str, step: Step) -> str | None:
        """The reference by digest of an image that a registry has; None where no registry has or answers."""

    def find(self, name: str) -> str | None:
        """An image that is here under a name."""

    def build(self, build: Build, step: Step) -> str:
        """Build without a cache, for linux/amd64. Raises ImageError."""

    def save(self, image: str, path: Path) -> None:
        """Write it as `docker save` does. Raises ImageError."""

    def load(self, path: Path, name: str = "") -> str:
        """Take up such an archive, under a name if one is given. Raises ImageError."""

    def command(self, image: str, run: Run) -> list[str]:
        """The command of this machine that runs it and ends with it."""

    def remove(self, image: str) -> None:
        """Forget an image, if it is here."""


def call(command: Sequence[str | Path], step: Step | None = None, doing: str = "") -> str:
    """Run a command to its end; what it wrote to stdout. Raises ImageError with its last lines."""
    words = [str(part) for part in command]
    child = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    end = time.monotonic() + _SECONDS
    try:
        while True:
            try:
                output, complaints = child.communicate(timeout=_TICK)
                break
            except subprocess.TimeoutExpired:
                if time.monotonic() > end:
                    raise ImageError(
                        f"`{words[0]} {words[1]}` was still at work after {_SECONDS:.0f} s"
                    ) from None
                if step is not None:
                    step.status(doing)
    except BaseException:
        child.terminate()
        child.wait()
        raise
    if child.returncode:
        last = "\n".join((output + complaints).strip().splitlines()[-_LAST_LINES:])
        raise ImageError(f"`{words[0]} {words[1]}` ended with status {child.returncode}:\n{last}")
    return output
