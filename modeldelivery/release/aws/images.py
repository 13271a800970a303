"""What a repository in ECR holds: an image's manifest, and its configuration.

Sources: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html,
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
"""

import hashlib
import os
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from modeldelivery.release.aws.errors import ask, translated
from modeldelivery.release.errors import LostError, UnreachableError
from modeldelivery.release.ports import DOCKER_MANIFEST, Image

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient

_ABSENT = {"ImageNotFound", "ImageNotFoundException", "RepositoryNotFoundException"}
_OK = 200
_SERVER_ERROR = 500


class _Blob(msgspec.Struct):
    digest: str


class _Kind(msgspec.Struct):
    """A manifest of any kind; one that names its media type outside itself need not do so inside."""

    media_type: str = msgspec.field(default="", name="mediaType")


class _Manifest(msgspec.Struct):
    config: _Blob


class _Process(msgspec.Struct):
    labels: dict[str, str] | None = msgspec.field(default=None, name="Labels")


class _Config(msgspec.Struct):
    """The part of an image's configuration that is read here; `config` may be null."""

    os: str = ""
    architecture: str = ""
    config: _Process | None = None


class Images(msgspec.Struct, frozen=True, kw_only=True):
    """The images of one repository.

    Attributes:
        ecr: a patient client.
        account: of the registry.
        repository: its name.
    """

    ecr: "ECRClient"
    account: str
    repository: str

    def find(self, digest: str) -> Image | None:
        """None when the repository has no such image. Raises UnreachableError, LostError."""
        result = self._manifest(digest)
        if result is None:
            return None
        text, media_type = result["imageManifest"], result.get("imageManifestMediaType", "")
        try:
            media_type = media_type or msgspec.json.decode(text, type=_Kind).media_type
            if media_type != DOCKER_MANIFEST:
                return Image(media_type=media_type)
            manifest = msgspec.json.decode(text, type=_Manifest)
            config = msgspec.json.decode(self._blob(manifest.config.digest), type=_Config)
        except msgspec.DecodeError as error:
            raise UnreachableError(
                f"the manifest or configuration of {self.repository}@{digest} cannot be understood ({error})",
                hint="build the image again and push it",
            ) from error
        process = config.config or _Process()
        return Image(
            media_type=media_type,
            platform=f"{config.os}/{config.architecture}",
            labels=process.labels or {},
        )

    def _manifest(self, digest: str) -> Any | None:
        call = f"ecr:BatchGetImage {self.repository}"
        try:
            with translated(call):
                answer = self.ecr.batch_get_image(
                    registryId=self.account,
                    repositoryName=self.repository,
                    imageIds=[{"imageDigest": digest}],
                )
        except ClientError as error:
            if error.response["Error"].get("Code") in _ABSENT:
                return None
            raise UnreachableError(f"{call}: {error}") from error
        failures = [each for each in answer.get("failures", []) if each.get("failureCode") not in _ABSENT]
        if failures:
            raise UnreachableError(
                f"ecr:BatchGetImage {self.repository}@{digest}: {failures[0].get('failureCode')}: "
                f"{failures[0].get('failureReason')}"
            )
        return next(iter(answer.get("images", [])), None)

    def _blob(self, digest: str) -> bytes:
        """A blob of the image, which has the digest that it was asked by."""
        url = ask(
            f"ecr:GetDownloadUrlForLayer {self.repository} {digest}",
            lambda: self.ecr.get_download_url_for_layer(
                registryId=self.account, repositoryName=self.repository, layerDigest=digest
            ),
        )["downloadUrl"]
        try:
            status, content = download(url)
        except BotoCoreError as error:
            raise LostError(f"the download of {self.repository} {digest}: {error}") from error
        if status >= _SERVER_ERROR:
            raise LostError(f"the download of {self.repository} {digest}: no certain answer (HTTP {status})")
        if status != _OK or _digest(content) != digest:
            raise UnreachableError(
                f"the download of {self.repository} {digest} does not give that blob (HTTP {status})",
                hint="push the image again",
            )
        return content


def download(url: str) -> tuple[int, bytes]:
    """HTTP status and body of what anyone may get who has the URL, by the way that botocore's clients go.

    That is: through the environment's proxies, and by the certificates that it names. Raises BotoCoreError.
    """
    certificates = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or True
    # A path is taken as well, as botocore's own clients hand it in; the stubs know only a bool.
    session = URLLib3Session(verify=certificates, proxies=get_environ_proxies(url))  # type: ignore[arg-type]
    answer = session.send(AWSRequest(method="GET", url=url).prepare())
    return answer.status_code, bytes(answer.content)


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
