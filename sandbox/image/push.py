"""Builds or loads an image and pushes its manifest to ECR through its API; the blobs stay in the state folder."""

from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.home import Home, SandboxError
from sandbox.image.build import MANIFEST, Blobs, Image, build
from sandbox.image.dockerfile import DockerfileError, parse
from sandbox.image.saved import SavedImageError, load


def built(home: Home, context: Path, dockerfile: Path) -> Image:
    """The image of a Dockerfile, as far as it can be built here. Raises SandboxError."""
    try:
        return build(parse(dockerfile.read_text()), context, Blobs(home.blobs))
    except FileNotFoundError:
        raise SandboxError(f"there is no {dockerfile}: name the Dockerfile with --file") from None
    except DockerfileError as error:
        raise SandboxError(f"{dockerfile}: {error}") from None


def saved(home: Home, archive: Path) -> Image:
    """An image that another tool built. Raises SandboxError."""
    try:
        return load(archive, Blobs(home.blobs))
    except (OSError, SavedImageError) as error:
        raise SandboxError(
            f"{archive}: {error}; `docker save IMAGE -o FILE` writes one, or `docker buildx build "
            f"--platform linux/amd64 --output type=docker,dest=FILE .`"
        ) from None


def push(*, profile: str | None, repository: str, image: Image, tag: str | None) -> str:
    """Return `<repository uri>@sha256:…`; a push of what is there already is a success.

    Without `profile` the caller is whoever the environment has the credentials of. Without `tag` the tag comes from the digest, so that a repository with immutable tags takes every build.
    Raises SandboxError.
    """
    try:
        session = boto3.Session(profile_name=profile)
        ecr, account = session.client("ecr"), session.client("sts").get_caller_identity()["Account"]
        uri = f"{account}.dkr.ecr.{session.region_name}.amazonaws.com/{repository}"
        ecr.put_image(
            repositoryName=repository,
            imageManifest=image.manifest,
            imageManifestMediaType=MANIFEST,
            imageTag=tag or image.digest.removeprefix("sha256:")[:12],
            imageDigest=image.digest,
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ImageAlreadyExistsException":
            return f"{uri}@{image.digest}"
        if code == "RepositoryNotFoundException":
            raise SandboxError(
                f"account {account} has no repository {repository}: make it first (`pulumi up`)"
            ) from None
        raise SandboxError(f"ECR refused the push: {error}") from None
    except BotoCoreError as error:
        raise SandboxError(
            f'profile {profile}: {error}; enter the sandbox first: eval "$(sandbox env)"'
        ) from None
    return f"{uri}@{image.digest}"
