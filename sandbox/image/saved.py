"""An image that another tool built and saved: `docker save`, `docker buildx build --output type=docker,dest=FILE`.

What Docker pushes is made of it: the configuration as it is, each layer compressed, a manifest of schema 2.
Source: https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format
"""

import gzip
import tarfile
from pathlib import Path
from typing import Any

import msgspec

from sandbox.archive import DAMAGED
from sandbox.image.build import CONFIG, LAYER, MANIFEST, Blobs, Image, digest_of, encoded

_GZIP = b"\x1f\x8b"
_QUICK = 1  # of gzip's levels: nobody sends these bytes anywhere


class SavedImageError(Exception):
    """A file that holds no one image."""


class _Entry(msgspec.Struct, rename="pascal"):
    """An image in `manifest.json`: names of files."""

    config: str
    layers: list[str]


class _Rootfs(msgspec.Struct):
    diff_ids: list[str]


class _Configuration(msgspec.Struct):
    rootfs: _Rootfs


def load(archive: Path, blobs: Blobs) -> Image:
    """Store the blobs of a saved image; its manifest as a push would make it. Raises SavedImageError, OSError."""
    config, layers = _read(archive)
    if _diff_ids(config) != [digest_of(_plain(name, layer)) for name, layer in layers]:
        raise SavedImageError("its layers are not those that its configuration names")
    manifest = encoded(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _put(blobs, config, CONFIG),
            "layers": [_put(blobs, _packed(layer), LAYER) for _, layer in layers],
        }
    )
    return Image(blobs.put(manifest), manifest.decode())


def _read(archive: Path) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The one image's configuration, and its layers with their names, the lowest first."""
    try:
        with tarfile.open(archive) as tar:
            images = msgspec.json.decode(_file(tar, "manifest.json"), type=list[_Entry])
            if len(images) != 1:
                raise SavedImageError(f"it holds {len(images)} images: save one by its name")
            layers = [(name, _file(tar, name)) for name in images[0].layers]
            return _file(tar, images[0].config), layers
    except (tarfile.TarError, *DAMAGED, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SavedImageError(f"it is no image that Docker saved: {error}") from error


def _file(tar: tarfile.TarFile, name: str) -> bytes:
    try:
        file = tar.extractfile(name)
    except KeyError:
        raise SavedImageError(f"it is no image that Docker saved: it lacks {name}") from None
    if file is None:
        raise SavedImageError(f"it is no image that Docker saved: its {name} is no file")
    return file.read()


def _diff_ids(config: bytes) -> list[str]:
    try:
        return msgspec.json.decode(config, type=_Configuration).rootfs.diff_ids
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SavedImageError(f"its configuration is none of an image: {error}") from error


def _plain(name: str, layer: bytes) -> bytes:
    if not layer.startswith(_GZIP):
        return layer
    try:
        return gzip.decompress(layer)
    except DAMAGED as error:
        raise SavedImageError(f"its layer {name} is damaged: {error}") from error


def _packed(layer: bytes) -> bytes:
    return layer if layer.startswith(_GZIP) else gzip.compress(layer, _QUICK, mtime=0)


def _put(blobs: Blobs, data: bytes, media_type: str) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": blobs.put(data), "size": len(data)}
