"""What a stage is told, and its commands: shown when they ended, and their last words where they fail."""

import subprocess
import sys
from collections.abc import Mapping

from tools.builds import reason


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
        StageError: it failed; its last line says why.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        output, errors = process.communicate()
    sys.stderr.write(errors)
    sys.stdout.write(output)
    sys.stdout.flush()
    if process.returncode:
        lines = (errors.strip() or output.strip()).splitlines()
        # One that a signal ended did not come to say why.
        told = lines[-1] if lines and process.returncode > 0 else ""
        raise StageError(told or reason.ended(command[0], process.returncode))
    return output
