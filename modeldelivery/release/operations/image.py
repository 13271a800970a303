"""Which images a version may name: those that SageMaker runs.

CreateModel refuses OCI manifests and indexes of several platforms, which buildx makes unless it is told otherwise
(aws/amazon-sagemaker-feedback#180, mlflow#13834, moby/buildkit#5480).
"""

from modeldelivery.release.errors import RefusedError
from modeldelivery.release.ports import DOCKER_MANIFEST, Image

PLATFORM = "linux/amd64"
SERVER_LABEL = "io.github.model-delivery.server"  # pipelines/server/Dockerfile sets it


def refuse_unfit(uri: str, image: Image | None) -> Image:
    """The image, if SageMaker runs it. Raises RefusedError, with the command that builds one that it does."""
    repository = uri.partition("@")[0]
    name = repository.partition("/")[2]
    if image is None:
        raise RefusedError(
            f"the repository {name} has no image {uri.partition('@')[2]}", hint="push it first, then register"
        )
    if image.media_type != DOCKER_MANIFEST:
        raise RefusedError(
            f"--image {uri} is a {image.media_type or 'manifest of no type'}, which SageMaker refuses: it takes "
            f"{DOCKER_MANIFEST}, of one platform",
            hint=_how(repository),
        )
    if image.platform != PLATFORM:
        raise RefusedError(
            f"--image {uri} is of {image.platform}, and SageMaker runs {PLATFORM}", hint=_how(repository)
        )
    return image


def server_version(image: Image) -> str | None:
    """Which contract of this project's own model server the image keeps; None of any other container."""
    return image.labels.get(SERVER_LABEL)


def _how(repository: str) -> str:
    return (
        f"`docker buildx build --platform {PLATFORM} --provenance=false --sbom=false --output type=docker "
        f"--tag {repository}:TAG . && docker push {repository}:TAG`, then register the digest that the push prints"
    )
