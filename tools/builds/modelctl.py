"""`modelctl` as a stage calls it: its progress shown, and the sentence that it ends with."""

import subprocess
import sys
from pathlib import Path

import msgspec

from tools.builds.stage import StageError

PROGRAM = Path(sys.executable).parent / "modelctl"


class Told(msgspec.Struct):
    """Of `modelctl … --json`, what a stage needs; `hint` is what to type next, `warnings` what else to know."""

    summary: str
    hint: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """What a person is to know though nothing failed; "" for nothing."""
        return "; ".join(self.warnings)


class ModelctlError(StageError):
    """It did not do it; the sentence is its own. `status` is what it ended with."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def modelctl(*arguments: str) -> Told:
    """Run a command; what it ends with. Raises ModelctlError."""
    done = subprocess.run([str(PROGRAM), *arguments, "--json"], stdout=subprocess.PIPE, check=False)
    try:
        told = msgspec.json.decode(done.stdout, type=Told)
    except msgspec.DecodeError:
        told = Told(unfinished(arguments[0], done.returncode))
    if done.returncode:
        raise ModelctlError(": ".join(part for part in (told.summary, told.hint) if part), done.returncode)
    return told


def unfinished(command: str, status: int) -> str:
    """Of one that could say nothing: what it ended with, and what to do."""
    if status >= 0:
        return f"modelctl {command} ended with status {status}: the log tells why"
    goes_on = " while it followed the training, which goes on" if command == "train" else ""
    return f"modelctl {command} was ended by signal {-status}{goes_on}: retry the stage, and it goes on where it was"
