"""What a stage leaves for its buildspec: each value in a file of its own in `.build`, one line."""

from pathlib import Path

FOLDER = Path(".build")
_LONGEST = 900  # of an exported variable's value that is shown whole in a message


def leave(name: str, value: str) -> None:
    """Leave a value, on one line."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / name).write_text(" ".join(value.split())[:_LONGEST] + "\n")


def left(name: str, folder: Path = Path()) -> str:
    """A value that an earlier command left, here or in another checkout; "" for none."""
    path = folder / FOLDER / name
    return path.read_text().strip() if path.exists() else ""
