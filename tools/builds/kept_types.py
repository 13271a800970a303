"""What mypy kept of its last run in the clone whose packages a build uses (`SETUP_FROM`): with it a check of types takes a second."""

import sqlite3
from contextlib import closing
from pathlib import Path

FOLDER = ".mypy_cache"


def take_over(theirs: Path, ours: Path) -> None:
    """Copy the databases of a clone's cache, unless this clone has a cache; as SQLite does, so each is whole while mypy writes.

    Args:
        theirs: the clone that they are of; it need not have a cache.
        ours: this clone.
    """
    if (ours / FOLDER).exists():
        return
    for database in sorted((theirs / FOLDER).rglob("*.db")):
        place = ours / database.relative_to(theirs)
        place.parent.mkdir(parents=True, exist_ok=True)
        with (
            closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(place)) as target,
        ):
            target.execute("PRAGMA synchronous = OFF")  # a cache that a crash breaks is made anew
            source.backup(target)
