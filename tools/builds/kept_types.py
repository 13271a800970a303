"""What mypy kept of its last run in the clone whose packages a build uses (`SETUP_FROM`): with it a check of types takes a second."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

FOLDER = ".mypy_cache"


def take_over(theirs: Path, ours: Path) -> None:
    """Copy the databases of a clone's cache, unless this clone has a cache; as SQLite does, so each is whole while mypy writes.

    What cannot be read is left, and all types are checked.

    Args:
        theirs: the clone that they are of; it need not have a cache.
        ours: this clone.
    """
    if (ours / FOLDER).exists():
        return
    try:
        for database in sorted((theirs / FOLDER).rglob("*.db")):
            _copy(database, ours / database.relative_to(theirs))
    except sqlite3.Error as error:
        print(f"what mypy kept in {theirs} cannot be read ({error}): all types are checked", flush=True)
        shutil.rmtree(ours / FOLDER)


def _copy(database: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(place)) as target,
    ):
        target.execute("PRAGMA synchronous = OFF")  # a cache that a crash breaks is made anew
        source.backup(target)
