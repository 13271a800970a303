"""What all clones of one user share, made once: complete or not there, whoever was interrupted."""

import fcntl
import math
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from modeldelivery.terminal.steps import SetupError, Step


def user_cache() -> Path:
    """The folder of what one user's clones share."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "model-delivery"


@contextmanager
def locked(cache: Path, step: Step, seconds: float = math.inf) -> Iterator[None]:
    """Hold the cache alone; another clone's set-up is waited for. The lock ends with its process, however it ends.

    Raises:
        SetupError: the other one takes longer than so many seconds.
    """
    cache.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + seconds
    with (cache / "lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise SetupError(
                        f"another set-up of this user is at it for more than {seconds:.0f} s: run it again when that has ended"
                    ) from None
                step.status("another set-up of this user is at it, waiting")
                time.sleep(0.5)
        yield


def complete(folder: Path, make: Callable[[Path], None]) -> Path:
    """`folder`, made by `make` under a temporary name and renamed when complete, unless it is there.

    To be called with the cache locked: what lies under the temporary name is an interrupted set-up's, and goes.
    """
    if not folder.is_dir():
        partial = folder.with_name(f"{folder.name}.partial")
        if partial.exists():
            shutil.rmtree(partial)
        make(partial)
        partial.replace(folder)
    return folder
