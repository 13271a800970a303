"""Builds a context and pushes the manifest to ECR through its API; the blobs stay in the state folder."""

from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.home import Home, SandboxError
from sandbox.image.build import MANIFEST, Blobs, build
from sandbox.image.dockerfile import DockerfileError, parse


def push(
    home: Home, *, profile: str, repository: str, context: Path, dockerfile: Path, tag: str | None
) -> str:
    """Return `<repository uri>@sha256:…`; a push of what is there already is a success.

    Without `tag` the tag comes from the digest, so that a repository with immutable tags takes every build.
    Raises SandboxError.
    """
    try:
        image = build(parse(dockerfile.read_text()), context, Blobs(home.blobs))
    except FileNotFoundError:
        raise SandboxError(f"there is no {dockerfile}: name the Dockerfile with --file") from None
    except DockerfileError as error:
        raise SandboxError(f"{dockerfile}: {error}") from None
    try:
        ecr = boto3.Session(profile_name=profile).client("ecr")
        uri = ecr.describe_repositories(repositoryNames=[repository])["repositories"][0]["repositoryUri"]
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
                f"account of profile {profile} has no repository {repository}: make it first (`pulumi up`)"
            ) from None
        raise SandboxError(f"ECR refused the push: {error}") from None
    except BotoCoreError as error:
        raise SandboxError(
            f'profile {profile}: {error}; enter the sandbox first: eval "$(sandbox env)"'
        ) from None
    return f"{uri}@{image.digest}"
