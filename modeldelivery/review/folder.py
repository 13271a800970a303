"""`.review`: what previews leave for the comment and for the update that follows."""

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from modeldelivery.review.core.errors import ReviewError

Record = TypeVar("Record")


class FolderError(ReviewError):
    """Something in the folder cannot be used; the message says what to type."""


class Folder(msgspec.Struct, frozen=True):
    """The folder; environments are known by the files in it."""

    path: Path

    def plan(self, environment: str) -> Path:
        return self.path / f"{environment}.plan"

    def file(self, environment: str) -> Path:
        return self.path / f"{environment}.json"

    def drift(self, environment: str) -> Path:
        return self.path / f"drift-{environment}.json"

    def policies(self, environment: str) -> Path:
        return self.path / f"policies-{environment}"

    def make(self) -> None:
        """Plans hold config: nobody else reads it."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, path: Path, record: object) -> None:
        """Whole or not at all."""
        self.make()
        draft = path.with_suffix(".part")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
        draft.replace(path)

    def read(self, path: Path, kind: type[Record], command: str) -> Record:
        """Raises FolderError."""
        try:
            return msgspec.json.decode(path.read_bytes(), type=kind)
        except FileNotFoundError:
            raise FolderError(f"{os.path.relpath(path)} is not there: `{command}` writes it") from None
        except (msgspec.DecodeError, OSError) as error:
            raise FolderError(
                f"{os.path.relpath(path)} cannot be read ({error}): `{command}` writes it anew"
            ) from error
