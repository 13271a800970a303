"""A data set as steps read it: tables as CSV files by month, and a manifest that names every byte of them.

    manifest.json
    flights/2013-01.csv  flights/2013-02.csv …
    weather/2013-01.csv …

The same folder lies under `datasets/<revision>/` in the data bucket, from where SageMaker gives it to a step.
"""

import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec
import pandas as pd

MANIFEST = "manifest.json"

Tables: TypeAlias = dict[str, pd.DataFrame]


class BadDataError(ValueError):
    """Data that is missing or is not what its manifest says; the sentence names the file."""


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, order=True):
    """One table's rows of one month.

    Attributes:
        path: within the data set, with `/`.
        sha256: of its bytes, hex.
        bytes: its length.
    """

    path: str
    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`manifest.json`. `revision` is `sha256:<hex>` over the sorted paths and digests of `files`."""

    revision: str
    files: tuple[File, ...]


@dataclass(frozen=True)
class Table:
    """A table that a model reads.

    Attributes:
        name: its folder in the data set.
        times: columns that hold a moment, ISO 8601 with its zone.
    """

    name: str
    times: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """Tables that were read and found to be what their manifest says."""

    revision: str
    tables: Tables


def describe(path: str, content: bytes) -> File:
    """A file's line in the manifest."""
    return File(path=path, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))


def revision(files: Iterable[File]) -> str:
    """`sha256:<hex>` that names these files: other bytes, or another path, are another revision."""
    lines = "".join(f"{file.sha256}  {file.path}\n" for file in sorted(files))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def manifest_of(files: Iterable[File]) -> Manifest:
    """The manifest of some files."""
    ordered = tuple(sorted(files))
    return Manifest(revision=revision(ordered), files=ordered)


def encode(manifest: Manifest) -> bytes:
    """`manifest.json`, the same bytes for the same files."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def write(folder: Path, contents: Mapping[str, bytes]) -> Manifest:
    """Write a data set into an empty folder, its manifest last."""
    manifest = manifest_of(describe(path, content) for path, content in contents.items())
    for path, content in contents.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (folder / MANIFEST).write_bytes(encode(manifest))
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a data set.

    Raises:
        BadDataError: there is none, it is none, or its revision is not that of its files.
    """
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise BadDataError(
            f"{path}: {error.strerror}; a data set has one, written last: make it again"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadDataError(f"{path}: {error}") from error
    if manifest.revision != revision(manifest.files):
        raise BadDataError(
            f"{path}: revision is {manifest.revision}, but its files are {revision(manifest.files)}"
        )
    return manifest


def read(folder: Path, tables: tuple[Table, ...]) -> Dataset:
    """Read every month of each table, in order; no value is mended here.

    Args:
        folder: holds the data set.
        tables: that the model reads; the data set has these and no other.

    Raises:
        BadDataError: a file is missing, is not what the manifest says or is no CSV; a table is missing or unknown.
    """
    manifest = read_manifest(folder)
    return parse({file.path: content(folder, file) for file in manifest.files}, tables, str(folder))


def parse(contents: Mapping[str, bytes], tables: tuple[Table, ...], where: str) -> Dataset:
    """The same from the files' bytes by path; `where` they come from is for sentences."""
    months: dict[str, list[pd.DataFrame]] = {table.name: [] for table in tables}
    for path in sorted(contents):
        name = path.partition("/")[0]
        if name not in months:
            raise BadDataError(f"{where}: {path} is of no table of the model: {', '.join(months)}")
        months[name].append(_frame(contents[path], f"{where}: {path}"))
    missing = next((name for name, frames in months.items() if not frames), None)
    if missing:
        raise BadDataError(f"{where}: table {missing} has no file; the model reads {', '.join(months)}")
    frames = {name: pd.concat(each, ignore_index=True) for name, each in months.items()}
    return Dataset(
        revision(describe(path, content) for path, content in contents.items()),
        {table.name: _with_times(frames[table.name], table) for table in tables},
    )


def content(folder: Path, file: File) -> bytes:
    """The bytes of a file; raises BadDataError when they are not what the manifest says."""
    path = folder / file.path
    try:
        held = path.read_bytes()
    except OSError as error:
        raise BadDataError(f"{path}: {error.strerror}; {MANIFEST} lists it") from error
    computed = describe(file.path, held)
    if computed != file:
        raise BadDataError(
            f"{path}: {computed.bytes} bytes, sha256 {computed.sha256}; {MANIFEST} says {file.bytes} bytes, "
            f"sha256 {file.sha256}: it was changed or cut short"
        )
    return held


def _frame(content: bytes, where: str) -> pd.DataFrame:
    try:
        return pd.read_csv(io.BytesIO(content), low_memory=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise BadDataError(f"{where} is no CSV: {str(error).strip()}") from error


def _with_times(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Moments as such where all of a column are; else the column stays as it is, which validation refuses."""
    for name in table.times:
        if name in frame.columns:
            try:
                frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
            except (ValueError, TypeError):
                continue
    return frame
