"""A trained model as `model.tar.gz`: its ONNX, its schema and its metrics."""

import os
from pathlib import Path

import msgspec

from pipelines.server import artifact
from pipelines.server.schema import Schema

ARCHIVE = "model.tar.gz"


def package(onnx: bytes, schema: Schema, metrics: msgspec.Struct) -> bytes:
    """The bytes of the archive, the same for the same parts."""
    return artifact.pack(
        {
            artifact.MODEL_FILE: onnx,
            artifact.SCHEMA_FILE: _pretty(schema),
            artifact.METRICS_FILE: _pretty(metrics),
        }
    )


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
