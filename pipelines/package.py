"""A trained model as `model.tar.gz`: its ONNX, its schema and where it comes from."""

import io
import os
import tarfile
import zlib
from pathlib import Path
from typing import Any

import msgspec

from pipelines.server import artifact
from pipelines.server.schema import Schema

ARCHIVE = "model.tar.gz"


class BadArchiveError(ValueError):
    """An archive that is no model; the sentence names the file."""


class Origin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`metrics.json`: what a model was made of, and what training measured.

    It names no commit: the same data, parameters and code give the same bytes, whatever else was committed. The
    commit is in the version's record.

    Attributes:
        model: its name.
        data_revision: `sha256:<hex>` of the data set, the months that judge included.
        parameters: of featurize and fit.
        rows: trained on.
        metrics: what fitting measured on those rows.
    """

    model: str
    data_revision: str
    parameters: dict[str, Any]
    rows: int
    metrics: dict[str, float]


def files(onnx: bytes, schema: Schema, metrics: msgspec.Struct) -> dict[str, bytes]:
    """The files of a model, the same for the same parts."""
    return {
        artifact.MODEL_FILE: onnx,
        artifact.SCHEMA_FILE: _pretty(schema),
        artifact.METRICS_FILE: _pretty(metrics),
    }


def package(onnx: bytes, schema: Schema, metrics: msgspec.Struct) -> bytes:
    """The bytes of the archive, the same for the same parts."""
    return artifact.pack(files(onnx, schema, metrics))


def unpack(path: Path) -> dict[str, bytes]:
    """The files in a `model.tar.gz`, by whomever it was packed: `artifact.pack` of them gives the digest.

    Raises:
        BadArchiveError: it is missing, cut short, or holds other files.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(path.read_bytes()), mode="r:gz") as tar:
            held = {
                entry.name.removeprefix("./"): content.read()
                for entry in tar
                if entry.isfile() and (content := tar.extractfile(entry)) is not None
            }
    except OSError as error:
        raise BadArchiveError(f"{path}: {error.strerror or error}; it is to be a model's archive") from error
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise BadArchiveError(f"{path} is no whole archive: {error}") from error
    if sorted(held) != list(artifact.FILES):
        raise BadArchiveError(
            f"{path} holds {', '.join(sorted(held)) or 'nothing'}; a model holds {', '.join(artifact.FILES)}"
        )
    return held


def _pretty(record: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def write(folder: Path, archive: bytes) -> Path:
    """Write `model.tar.gz` into a folder, whole or not at all; its path. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ARCHIVE
    unfinished = folder / f".{ARCHIVE}.{os.getpid()}"
    try:
        unfinished.write_bytes(archive)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
