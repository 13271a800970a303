"""Folders that are filled once and then shared by all instances."""

import tempfile
from collections.abc import Callable
from pathlib import Path


def filled_once(target: Path, fill: Callable[[Path], None]) -> Path:
    """`target`, filled by `fill` where it is not there: whole, or not at all.

    Args:
        target: where all look for it.
        fill: gets an empty folder beside `target`, which takes its name afterwards.

    Raises:
        OSError: the folder cannot be made; and what `fill` raises.
    """
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, ignore_cleanup_errors=True) as draft:
        folder = Path(draft) / "filled"
        folder.mkdir()
        fill(folder)
        try:
            folder.rename(target)
        except OSError:
            if not target.exists():  # else another instance was first
                raise
    return target
