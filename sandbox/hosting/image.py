"""Which images SageMaker takes: Docker's own manifest format, and one platform.

CreateModel refuses OCI manifests and every index of several platforms, buildx' defaults
(aws/amazon-sagemaker-feedback#180, mlflow#13834, moby/buildkit#5480).
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.cloud import MissingError
from sandbox.hosting.execution_role import ExecutionRole, Reader
from sandbox.image.build import BUILT_HERE, MANIFEST, Blobs, DigestError, file_name

_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[a-z0-9._/-]+)"
    r"@(?P<digest>sha256:[0-9a-f]{64})"
)
_PLATFORM = "linux/amd64"
_NOT_HELD = "image blob {} is not in this sandbox: build and push the image again (`sandbox image`)"


class ImageError(Exception):
    """An image that is there and that SageMaker does not take."""


@dataclass(frozen=True)
class Image:
    """What a container is made of."""

    config: dict[str, Any]  # Env, Entrypoint, WorkingDir, … as the image's configuration names them
    layers: tuple[str, ...]  # digests, the lowest first
    whole: bool  # a file system of its own; else the files of COPY alone, as `sandbox image` builds them


class Images:
    """The images in ECR, with the blobs that this sandbox holds of them."""

    def __init__(self, reader: Reader, blobs: Blobs) -> None:
        self._reader = reader
        self._blobs = blobs

    def find(self, role: ExecutionRole, uri: str) -> Image:
        """Raises MissingError unless it is in ECR, by digest, and the role may pull it; ImageError when SageMaker refuses it."""
        named = _URI.fullmatch(uri)
        if not named:
            raise MissingError(
                f"image {uri!r} is not an ECR image by digest (ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:…)"
            )
        if named["region"] != role.region:
            raise MissingError(
                f"image {uri} is in {named['region']}, and SageMaker pulls from {role.region} only"
            )
        text, media_type = self._reader.manifest(role, named["account"], named["repository"], named["digest"])
        if media_type != MANIFEST:
            raise ImageError(
                f"Unsupported manifest media type {media_type} for image {uri}. "
                "Ensure that valid manifest media type is used for specified image."
            )
        manifest = json.loads(text)
        try:
            config = json.loads(self._blob(manifest["config"]["digest"]))
            layers = [layer["digest"] for layer in manifest["layers"] if file_name(layer["digest"])]
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
