"""The file that says that there is no champion yet; `pipelines.gates.champion` reads it."""

import msgspec

ARCHIVE_FILE = "model.tar.gz"
NONE_FILE = "none.json"


class NoChampion(msgspec.Struct, frozen=True, kw_only=True):
    """`none.json`: in which environment, and why."""

    environment: str
    why: str


def no_champion(environment: str) -> bytes:
    """The file's contents, always the same for an environment."""
    none = NoChampion(environment=environment, why="no version serves yet")
    return msgspec.json.encode(none) + b"\n"
