"""Builds an image of one layer in Docker's format, deterministic to the byte, and stores its blobs by content.

Docker's format, because SageMaker refuses OCI's (sandbox/hosting/image.py).
"""

import gzip
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.home import write
from sandbox.image.dockerfile import Copy, Dockerfile, DockerfileError

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
# In an image's configuration: it holds the files of COPY alone, and the machine's own system is beneath them.
BUILT_HERE = "sandbox image"
_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")
_LEFT_OUT = {"__pycache__", ".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


@dataclass(frozen=True)
class Image:
    digest: str  # "sha256:…" of the manifest's bytes, as ECR computes it
    manifest: str


class DigestError(ValueError):
    """A digest that is no file's name: a manifest is whatever someone pushed."""


def file_name(digest: str) -> str:
    """The name of a file that is kept by its digest. Raises DigestError."""
    match = _SHA256.fullmatch(str(digest))
    if match is None:
        raise DigestError(f"{digest!r} is no digest: sha256: and 64 hexadecimal digits are")
    return match[1]


class Blobs:
    """Content-addressed files; a blob that is there is the one asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, data: bytes) -> str:
        """Store and return the digest."""
        digest = digest_of(data)
        path = self.path(digest)
        if not path.exists():
            write(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """Raises FileNotFoundError when this sandbox does not hold it, DigestError."""
        return self.path(digest).read_bytes()

    def path(self, digest: str) -> Path:
        """Where the blob of a digest is, if this sandbox holds it. Raises DigestError."""
        return self._root / "sha256" / file_name(digest)


def build(dockerfile: Dockerfile, context: Path, blobs: Blobs) -> Image:
    """Make the image of a parsed Dockerfile; raises DockerfileError when a COPY names nothing."""
    tar = _layer(dict(sorted(_files(dockerfile.copies, context))))
    layer = gzip.compress(tar, mtime=0)
    config = encoded(
        {
            "author": BUILT_HERE,
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "Env": [f"{name}={value}" for name, value in sorted(dockerfile.env.items())],
                "Labels": dockerfile.labels,
                "Entrypoint": dockerfile.entrypoint,
                "Cmd": dockerfile.command,
                "WorkingDir": dockerfile.workdir,
            },
            "rootfs": {"type": "layers", "diff_ids": [digest_of(tar)]},
            "history": [{"created_by": line} for line in dockerfile.history],
        }
    )
    manifest = encoded(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": blobs.put(config), "size": len(config)},
            "layers": [{"mediaType": LAYER, "digest": blobs.put(layer), "size": len(layer)}],
        }
    )
    return Image(blobs.put(manifest), manifest.decode())


def _files(copies: list[Copy], context: Path) -> Iterator[tuple[str, Path]]:
    root = context.resolve()
    for copy in copies:
        for source in copy.sources:
            paths = sorted(root.glob(source)) if "*" in source else [(root / source).resolve()]
            if not paths or not all(path.exists() and path.is_relative_to(root) for path in paths):
                raise DockerfileError(f"COPY {source}: no such file in the context {context}")
            for path in paths:
                yield from _under(path, copy.target)


def _under(path: Path, target: str) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield (target + path.name if target.endswith("/") else target), path
        return
    for file in path.rglob("*"):
        inside = file.relative_to(path)
        if file.is_file() and not _LEFT_OUT & set(inside.parts) and file.suffix != ".pyc":
            yield f"{target.rstrip('/')}/{inside.as_posix()}", file


def _layer(files: dict[str, Path]) -> bytes:
    """A tar of root's files without times, so that only names, modes and contents count."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, path in files.items():
            data = path.read_bytes()
            entry = tarfile.TarInfo(name.lstrip("/"))
            entry.size = len(data)
            entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def encoded(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
