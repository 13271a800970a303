"""Which images SageMaker takes: Docker's own manifest format, and one platform.

CreateModel refuses OCI manifests and every index of several platforms, buildx' defaults
(aws/amazon-sagemaker-feedback#180, mlflow#13834, moby/buildkit#5480).
"""

import re

from sandbox.hosting.execution_role import ExecutionRole, Reader
from sandbox.hosting.held import HeldImages, Image, ImageError
from sandbox.image.build import MANIFEST, Blobs
from sandbox.missing import MissingError

_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[a-z0-9._/-]+)"
    r"@(?P<digest>sha256:[0-9a-f]{64})"
)


class Images(HeldImages):
    """The images in ECR, with the blobs that this sandbox holds of them."""

    def __init__(self, reader: Reader, blobs: Blobs) -> None:
        super().__init__(blobs)
        self._reader = reader

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
        return self.image(text, uri)
