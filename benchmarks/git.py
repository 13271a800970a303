"""Git, as whoever releases types it."""

import os
import subprocess
from pathlib import Path

from tools.demo.run import StepError

_PERSON = {f"GIT_{who}_{what}": "bench" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(folder: Path, *command: str) -> None:
    """Raises StepError."""
    done = subprocess.run(
        ["git", "-C", str(folder), *command],
        env=os.environ | _PERSON, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise StepError(f"git {command[0]}: {done.stderr.strip()}")
