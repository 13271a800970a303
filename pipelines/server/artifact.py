"""`model.tar.gz`, whose digest is a pure function of the files in it.

SageMaker extracts the archive before the container starts, so a server never sees the bytes whose digest the registry
recorded. An archive with fixed headers, fixed order and no compression can be rebuilt from the extracted files bit by
bit, by any version of zlib: the server proves that it loaded what was registered.
"""

import hashlib
import io
import re
import struct
import tarfile
import zlib
from collections.abc import Mapping

MODEL_FILE = "model.onnx"
SCHEMA_FILE = "schema.json"
METRICS_FILE = "metrics.json"
FILES = (METRICS_FILE, MODEL_FILE, SCHEMA_FILE)  # sorted: the archive's order

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

_GZIP_HEADER = bytes(
    [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
)  # deflate, no flags, no time, unknown system (RFC 1952)
_STORED_BLOCK = 0xFFFF  # bytes: the most that deflate's stored block takes (RFC 1951, 3.2.4)


def digest(data: bytes) -> str:
    """`sha256:<hex>` of some bytes, the form in which the registry writes digests."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def pack(files: Mapping[str, bytes]) -> bytes:
    """The `model.tar.gz` that holds exactly `FILES`.

    Raises:
        ValueError: when a file is missing or unknown.
    """
    if sorted(files) != list(FILES):
        raise ValueError(f"a model holds {', '.join(FILES)}; got {', '.join(sorted(files)) or 'nothing'}")
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in FILES:
            entry = tarfile.TarInfo(name)  # its defaults are fixed: time 0, owner 0, mode 0644
            entry.size = len(files[name])
            tar.addfile(entry, io.BytesIO(files[name]))
    return _stored_gzip(archive.getvalue())


def _stored_gzip(data: bytes) -> bytes:
    """Gzip without compression: what zlib emits at level 0 differs between its versions."""
    parts = [_GZIP_HEADER]
    for start in range(0, len(data), _STORED_BLOCK):
        block = data[start : start + _STORED_BLOCK]
        last = start + _STORED_BLOCK >= len(data)
        parts += [struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF), block]
    parts.append(struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF))
    return b"".join(parts)
