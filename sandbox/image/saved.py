"""An image that another tool built and saved: `docker save`, `docker buildx build --output type=docker,dest=FILE`.

What Docker pushes is made of it: the configuration as it is, each layer compressed, a manifest of schema 2.
Source: https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format
"""

import gzip
import json
import tarfile
from pathlib import Path
from typing import Any

from sandbox.image.build import CONFIG, LAYER, MANIFEST, Blobs, Image, digest_of, encoded

_GZIP = b"\x1f\x8b"
_QUICK = 1  # of gzip's levels: nobody sends these bytes anywhere


class SavedImageError(ValueError):
    """A file that holds no one image."""


def load(archive: Path, blobs: Blobs) -> Image:
    """Store the blobs of a saved image; its manifest as a push would make it. Raises SavedImageError, OSError."""
    try:
        with tarfile.open(archive) as tar:
            listed = json.loads(_file(tar, "manifest.json"))
            if len(listed) != 1:
                raise SavedImageError(f"it holds {len(listed)} images: save one by its name")
            config = _file(tar, listed[0]["Config"])
            layers = [_file(tar, name) for name in listed[0]["Layers"]]
    except (tarfile.TarError, ValueError, LookupError, TypeError) as error:
        raise SavedImageError(f"it is no image that Docker saved: {error}") from error
    proved = [digest_of(_plain(layer)) for layer in layers]
    if json.loads(config).get("rootfs", {}).get("diff_ids") != proved:
        raise SavedImageError("its layers are not those that its configuration names")
    manifest = encoded(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _put(blobs, config, CONFIG),
            "layers": [_put(blobs, _packed(layer), LAYER) for layer in layers],
        }
    )
    return Image(digest_of(manifest), manifest.decode())


def _file(tar: tarfile.TarFile, name: str) -> bytes:
    found = tar.extractfile(name)
    if found is None:
        raise SavedImageError(f"{name} is no file")
    return found.read()


def _plain(layer: bytes) -> bytes:
    return gzip.decompress(layer) if layer.startswith(_GZIP) else layer


def _packed(layer: bytes) -> bytes:
    return layer if layer.startswith(_GZIP) else gzip.compress(layer, _QUICK, mtime=0)


def _put(blobs: Blobs, data: bytes, media_type: str) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": blobs.put(data), "size": len(data)}
