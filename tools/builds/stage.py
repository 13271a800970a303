"""Commands of a stage: shown when they ended, and their last words where they fail."""

import subprocess
import sys

from tools.builds import reason


class StageError(Exception):
    """Why a stage cannot go on; a sentence."""


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
