"""An image of one ECR repository in another, of another account perhaps: the very bytes of its manifest, so the same digest.

By both accounts' own APIs, each with its own credentials; neither needs to let the other in.
Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
"""

import hashlib
import json
import shutil
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from modeldelivery.release.aws.errors import ask
from tools.image.archive import MANIFEST
from tools.image.errors import ImageError
from tools.image.registry import put_manifest

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient

_SECONDS = 60  # of silence, while a layer comes down


def copy(source: "ECRClient", repository: str, digest: str, target: "ECRClient", to: str) -> None:
    """Have an image in a repository that may lack it, or parts of it.

    Args:
        source: a client of the account that has it.
        repository: there, by name.
        digest: of the image's manifest.
        target: a client of the account that gets it.
        to: the repository there, by name.

    Raises:
        DeliveryError: AWS is not reached, or refuses.
        ImageError: the source does not have it, hands out other bytes, or the target has no such repository.
    """
    response = ask(
        f"ecr:BatchGetImage {repository}@{digest}",
        lambda: source.batch_get_image(
            repositoryName=repository, imageIds=[{"imageDigest": digest}], acceptedMediaTypes=[MANIFEST]
        ),
    )
    if not response["images"]:
        raise ImageError(f"{repository} has no image {digest} of Docker's kind")
    manifest = response["images"][0]["imageManifest"]
    _require(digest, hashlib.sha256(manifest.encode()).hexdigest())
    parsed = json.loads(manifest)
    blobs = [part["digest"] for part in (parsed["config"], *parsed["layers"])]
    with tempfile.TemporaryDirectory(prefix="image-") as folder:

        def fetch(blob: str) -> Path:
            return _fetched(source, repository, blob, Path(folder) / "blob")

        put_manifest(target, to, manifest, blobs, fetch)


def _fetched(source: "ECRClient", repository: str, blob: str, path: Path) -> Path:
    """A layer, or the configuration, in a file. Raises ImageError where it is not what its digest says."""
    url = ask(
        f"ecr:GetDownloadUrlForLayer {repository} {blob}",
        lambda: source.get_download_url_for_layer(repositoryName=repository, layerDigest=blob),
    )["downloadUrl"]
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer, path.open("wb") as file:  # noqa: S310 - ECR's own
            shutil.copyfileobj(answer, file)
    except OSError as error:
        raise ImageError(f"{blob} of {repository} does not come down: {error}") from error
    with path.open("rb") as file:
        _require(blob, hashlib.file_digest(file, "sha256").hexdigest())
    return path


def _require(digest: str, hexadecimal: str) -> None:
    if digest != f"sha256:{hexadecimal}":
        raise ImageError(f"what came down as {digest} is sha256:{hexadecimal}")
