"""A push to ECR by its own API: layers that it lacks, the configuration, then the manifest. No log-in of an engine's is needed.

What is pushed are the bytes that were compared and run; an engine's own push would compress the layers again.
Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html
"""

import hashlib
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from modeldelivery.release.aws.errors import translated
from modeldelivery.release.aws.session import open_account, profile_for
from modeldelivery.release.cli.project import model_of, project_of
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.naming import Place, parse_environment, parse_model
from tools.image.archive import MANIFEST, Image
from tools.image.errors import ImageError
from tools.image.recipe import Recipe

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient

_IMAGE_THERE, _LAYER_THERE = (
    "ImageAlreadyExistsException",
    "LayerAlreadyExistsException",
)  # with these very bytes
_NO_REPOSITORY = "RepositoryNotFoundException"


def push(environment: str, recipe: Recipe, image: Image) -> str:
    """Have an image in its repository of an environment; its URI by digest. What is there already is left as it is.

    Raises:
        DeliveryError: AWS is not reached, or refuses.
        ImageError: no project names the model, or the environment has no repository.
    """
    project = project_of(Path.cwd())
    model = None if project is None else model_of(environment, project)
    if model is None:
        raise ImageError(f"no Pulumi.yaml here names the model whose repositories of {environment} are meant")
    account = open_account(profile_for(environment), None)
    place = Place(
        model=parse_model(model),
        environment=parse_environment(environment),
        account=account.id,
        region=account.region,
    )
    repository = recipe.repository(place)
    put(account.patient.ecr, repository, image)
    return f"{place.account}.dkr.ecr.{place.region}.amazonaws.com/{repository}@{image.digest}"


def put(ecr: "ECRClient", repository: str, image: Image) -> None:
    """Upload what a repository lacks of an image that was built here. Raises as `put_manifest`."""
    blobs = {blob.digest: blob for blob in (image.config, *(layer.blob for layer in image.layers))}
    put_manifest(ecr, repository, image.manifest, blobs, lambda digest: blobs[digest].path)


def put_manifest(
    ecr: "ECRClient",
    repository: str,
    manifest: str,
    blobs: Collection[str],
    fetch: Callable[[str], Path],
) -> None:
    """Upload what a repository lacks of an image, its manifest last. Its tag is of its digest: tags never move.

    Args:
        ecr: a client.
        repository: by name.
        manifest: its bytes, as text, whose digest is the image's.
        blobs: digests of the configuration and the layers.
        fetch: brings one that the repository lacks into a file.

    Raises:
        DeliveryError: as `push`.
        ImageError: there is no such repository.
    """
    digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
    try:
        availability = _call(
            f"ecr:BatchCheckLayerAvailability {repository}",
            lambda: ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=list(blobs)),
        )
        there = {
            layer["layerDigest"]
            for layer in availability["layers"]
            if layer["layerAvailability"] == "AVAILABLE"
        }
        for blob in sorted(set(blobs) - there):
            _upload(ecr, repository, blob, fetch(blob))
        _call(
            f"ecr:PutImage {repository}@{digest}",
            lambda: ecr.put_image(
                repositoryName=repository,
                imageManifest=manifest,
                imageManifestMediaType=MANIFEST,
                imageTag=digest.removeprefix("sha256:")[:12],
                imageDigest=digest,
            ),
            _IMAGE_THERE,
        )
    except ClientError as error:
        if error.response["Error"].get("Code") != _NO_REPOSITORY:
            raise UnreachableError(f"ECR refused the push to {repository}: {error}") from error
        raise ImageError(f"the account has no repository {repository}: `pulumi up` makes it") from error


def _upload(ecr: "ECRClient", repository: str, digest: str, path: Path) -> None:
    """One layer, or the configuration, in parts of ECR's size."""
    call = f"ecr:UploadLayerPart {repository} {digest}"
    response = _call(call, lambda: ecr.initiate_layer_upload(repositoryName=repository))
    upload = response["uploadId"]
    for first, part in _parts(path, response["partSize"]):
        _call(call, partial(_part, ecr, repository, upload, first, part))
    _call(
        f"ecr:CompleteLayerUpload {repository} {digest}",
        lambda: ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest]),
        _LAYER_THERE,
    )


def _part(ecr: "ECRClient", repository: str, upload: str, first: int, part: bytes) -> Any:
    return ecr.upload_layer_part(
        repositoryName=repository,
        uploadId=upload,
        partFirstByte=first,
        partLastByte=first + len(part) - 1,
        layerPartBlob=part,
    )


def _parts(path: Path, size: int) -> Iterator[tuple[int, bytes]]:
    """Where each part begins, and its bytes."""
    first = 0
    with path.open("rb") as file:
        while part := file.read(size):
            yield first, part
            first += len(part)


def _call(what: str, call: Callable[[], Any], done: str = "") -> Any:
    """The answer; None where AWS says by the code `done` that it was carried out before. Raises ClientError as well."""
    try:
        with translated(what):
            return call()
    except ClientError as error:
        if done and error.response["Error"].get("Code") == done:
            return None
        raise
