"""`.review`: what previews leave for the comment and for the update that follows."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from modeldelivery.review.core.errors import ReviewError

Record = TypeVar("Record")


class FolderError(ReviewError):
    """Something in the folder cannot be used; the message says what to type."""


class Look(StrEnum):
    """How an environment was looked at, and what its files' names begin with; the value is the make target."""

    PREVIEW = "preview"
    DRIFT = "drift"

    @property
    def prefix(self) -> str:
        return "drift-" if self is Look.DRIFT else ""

    def command(self, environment: str) -> str:
        """What leaves a record of an environment."""
        return f"make {self} ENV={environment}"


class Folder(msgspec.Struct, frozen=True):
    """The folder; environments are known by the files in it."""

    path: Path

    def plan(self, environment: str) -> Path:
        return self.path / f"{environment}.plan"

    def deployed(self, environment: str) -> Path:
        """What became of the update by the plan."""
        return self.path / f"{environment}.deployed"

    def left(self, look: Look, environment: str) -> Path:
        """What a look at an environment left."""
        return self.path / f"{look.prefix}{environment}.json"

    def failure(self, look: Look, environment: str) -> Path:
        """Why one left nothing."""
        return self.path / f"{look.prefix}{environment}.failed"

    def forget(self, look: Look, environment: str) -> None:
        """What an earlier one left goes before the next begins: it must not be taken for the next one's."""
        self.left(look, environment).unlink(missing_ok=True)
        self.failure(look, environment).unlink(missing_ok=True)

    def environments(self, look: Look) -> set[str]:
        """Of which there is a record, or why there is none."""
        drift = Look.DRIFT.prefix
        names = {path.stem for path in self.path.glob("*") if path.suffix in {".json", ".failed"}}
        if look is Look.DRIFT:
            return {name.removeprefix(drift) for name in names if name.startswith(drift)}
        return {name for name in names if not name.startswith(drift)}

    @property
    def model(self) -> Path:
        """What `make model` says; a name that no environment's preview has."""
        return self.path / "model.page"

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
