"""The champion as `modelctl artifact` leaves it in a folder: the model that serves, or a file that says that none does.

An input that is absent could be a mistake of whoever started the step; a file that says so is none.
"""

from pathlib import Path

import msgspec

ARCHIVE_FILE = "model.tar.gz"
NONE_FILE = "none.json"


class BadChampionError(ValueError):
    """A folder that holds neither, or both; the sentence names it."""


class NoChampion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`none.json`: no version serves yet.

    Attributes:
        environment: in which.
        why: a sentence.
    """

    environment: str
    why: str

    def __post_init__(self) -> None:
        if not self.environment.strip() or not self.why.strip():
            raise ValueError("environment and why are not empty")


def champion_in(folder: Path) -> Path | NoChampion:
    """The archive, or why there is none.

    Raises:
        BadChampionError: the folder holds neither, or both, or a file that does not say why.
    """
    archive, none = folder / ARCHIVE_FILE, folder / NONE_FILE
    if archive.is_file() == none.is_file():
        held = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise BadChampionError(
            f"{folder} holds {held}; it is to hold {ARCHIVE_FILE} or {NONE_FILE}: write it with "
            f"`modelctl artifact --env ENV --out {folder}`"
        )
    if archive.is_file():
        return archive
    try:
        return msgspec.json.decode(none.read_bytes(), type=NoChampion)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadChampionError(f"{none}: {error}") from error
