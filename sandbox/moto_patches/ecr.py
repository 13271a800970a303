"""ECR: an image's digest is that of its manifest."""

import hashlib
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ecr.models import ECRBackend, Image


class _OtherDigestError(ServiceException):
    code = "ImageDigestDoesNotMatchException"


def apply() -> None:
    """Name an image by its manifest's bytes (moto: by its layers' names, or by chance), and refuse another name."""
    original = ECRBackend.put_image

    def put_image(  # noqa: PLR0917 - as moto calls it
        self: ECRBackend,
        repository_name: str,
        image_manifest: str,
        image_tag: str,
        image_manifest_mediatype: str | None = None,
        digest: str | None = None,
    ) -> Image:
        computed = "sha256:" + hashlib.sha256(image_manifest.encode()).hexdigest()
        if digest not in {None, computed}:
            raise _OtherDigestError(f"The digest {digest} does not match the image's own, {computed}")
        image: Any = original(
            self, repository_name, image_manifest, image_tag, image_manifest_mediatype, computed
        )
        return image  # type: ignore[no-any-return]

    ECRBackend.put_image = put_image  # type: ignore[method-assign]
