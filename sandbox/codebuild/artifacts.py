"""Files of a build: sources unpacked, artifacts packed, JUnit reports counted."""

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal
from xml.etree import ElementTree as ET

from sandbox.codebuild.buildspec import Files

Verdict = Literal["SUCCEEDED", "FAILED", "ERROR", "SKIPPED"]
_VERDICTS: dict[str, Verdict] = {"failure": "FAILED", "error": "ERROR", "skipped": "SKIPPED"}


class ArtifactError(Exception):
    """Files that are not there or are not what they should be; a sentence."""


def unpack(archive: bytes, folder: Path) -> None:
    """A zip into a folder, modes included; raises ArtifactError."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            for entry in packed.infolist():
                if entry.is_dir():
                    continue
                path = PurePosixPath(entry.filename)
                if path.is_absolute() or ".." in path.parts:
                    raise ArtifactError(f"the artifact holds {path}, which would lie outside its folder")
                place = folder / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(packed.read(entry))
                if mode := entry.external_attr >> 16 & 0o777:
                    place.chmod(mode | 0o600)
    except zipfile.BadZipFile:
        raise ArtifactError("the artifact is no zip") from None


def pack(folder: Path, files: Files) -> bytes:
    """The chosen files of a folder as a zip; raises ArtifactError when there is none."""
    buffer = io.BytesIO()
    names: set[str] = set()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, name in chosen(folder, files):
            if name not in names:
                packed.write(path, name)
            names.add(name)
    if not names:
        raise ArtifactError(f"no matching artifact paths: {', '.join(files.patterns)}")
    return buffer.getvalue()


def chosen(folder: Path, files: Files) -> Iterator[tuple[Path, str]]:
    """The files that patterns name, and what each is called in the artifact."""
    base = folder / files.base
    for pattern in files.patterns:
        for path in sorted(base.glob(pattern)):
            if path.is_file() and not path.is_symlink():
                yield path, path.name if files.flat else path.relative_to(base).as_posix()


def verdicts(folder: Path, files: Files) -> Counter[Verdict]:
    """How many tests of JUnit files came to what; raises ArtifactError when there is no file or it is no JUnit."""
    counts: Counter[Verdict] = Counter()
    paths = [path for path, _ in chosen(folder, files)]
    if not paths:
        raise ArtifactError(f"no report files found: {', '.join(files.patterns)}")
    for path in paths:
        try:
            root = ET.parse(path).getroot()  # noqa: S314 - expat itself limits what entities may grow to
        except ET.ParseError as error:
            raise ArtifactError(f"the report {path.name} is no XML: {error}") from None
        if root.tag not in {"testsuites", "testsuite"}:
            raise ArtifactError(f"the report {path.name} is no JUnit: it begins with {root.tag}")
        for case in root.iter("testcase"):
            marks = [_VERDICTS[child.tag] for child in case if child.tag in _VERDICTS]
            counts[marks[0] if marks else "SUCCEEDED"] += 1
    return counts
