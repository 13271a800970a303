"""The images that this sandbox holds, by digest: what was built here or pushed to its ECR."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.image.build import BUILT_HERE, Blobs, DigestError, file_name
from sandbox.missing import MissingError

_PLATFORM = "linux/amd64"
_NOT_HELD = "image blob {} is not in this sandbox: build and push the image again (`sandbox image`)"


class ImageError(Exception):
    """An image that is there and that whoever shall run it does not take."""


@dataclass(frozen=True)
class Image:
    """What a container is made of."""

    config: dict[str, Any]  # Env, Entrypoint, WorkingDir, … as the image's configuration names them
    layers: tuple[str, ...]  # digests, the lowest first
    whole: bool  # a file system of its own; else the files of COPY alone, as `sandbox image` builds them


class HeldImages:
    """What this sandbox holds of images, by digest."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def image(self, manifest: str, uri: str) -> Image:
        """The image of a manifest in Docker's format or OCI's; raises MissingError when parts are not held, ImageError."""
        read = json.loads(manifest)
        try:
            config = json.loads(self._blob(read["config"]["digest"]))
            layers = [layer["digest"] for layer in read["layers"] if file_name(layer["digest"])]
        except DigestError as error:
            raise ImageError(f"the manifest of image {uri}: {error}") from None
        platform = f"{config.get('os')}/{config.get('architecture')}"
        if platform != _PLATFORM:
            raise ImageError(f"Unsupported platform {platform} of image {uri}: build it for {_PLATFORM}.")
        whole = config.get("author") != BUILT_HERE
        if not whole and len(layers) != 1:
            raise ImageError(f"`sandbox image` builds images of one layer; {uri} has {len(layers)}")
        for digest in layers:
            self.layer(digest)
        return Image(config.get("config") or {}, tuple(layers), whole)

    def layer(self, digest: str) -> Path:
        """A layer's tar.gz; raises MissingError."""
        path = self._blobs.path(digest)
        if not path.exists():
            raise MissingError(_NOT_HELD.format(digest))
        return path

    def _blob(self, digest: str) -> bytes:
        try:
            return self._blobs.get(digest)
        except FileNotFoundError:
            raise MissingError(_NOT_HELD.format(digest)) from None
