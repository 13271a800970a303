"""Build both images of a commit and push them: as `make image PUSH=…` does, or in the sandbox by its own builder, which needs no engine.

The same commit on the same base gives the same digests, so that a stage that is run again pushes nothing.
"""

import sys
from collections.abc import Mapping

import msgspec

from tools.builds.stage import StageError, called, required

KINDS = {"IMAGE": ("server", "REPOSITORY"), "STEP_IMAGE": ("steps", "STEP_REPOSITORY")}


class _Image(msgspec.Struct):
    """Of the report of `make image`."""

    name: str
    uri: str


class _Report(msgspec.Struct):
    images: tuple[_Image, ...]


def build(environ: Mapping[str, str]) -> dict[str, str]:
    """The images' URIs by digest, by the variables that hand them on.

    Raises:
        StageError: one could not be built or pushed.
    """
    if _in_the_sandbox(environ):
        print(
            "no container engine is used here: the sandbox's builder names each image by its source",
            flush=True,
        )
        return {
            variable: _by_sandbox(of, required(environ, repository))
            for variable, (of, repository) in KINDS.items()
        }
    if not (base := base_of(environ)):
        raise StageError(
            "no base image is named: set baseImage of model-delivery:build, by digest (BASE_IMAGE of a tag job)"
        )
    return by_engine(base, required(environ, "ENVIRONMENT"))


def base_of(environ: Mapping[str, str]) -> str:
    """What both images are built on; "" where nothing is named, and in the sandbox, whose images have nothing beneath."""
    return "" if _in_the_sandbox(environ) else environ.get("BASE_IMAGE", "")


def by_engine(base: str, environment: str) -> dict[str, str]:
    """Both images by an engine, run before they are pushed. Raises StageError."""
    output = called(
        sys.executable, "-m", "tools.image", "--base", base, "--push", environment, "--json",
    )  # fmt: skip
    pushed = {image.name: image.uri for image in msgspec.json.decode(output, type=_Report).images}
    return {variable: pushed[of] for variable, (of, _) in KINDS.items()}


def _in_the_sandbox(environ: Mapping[str, str]) -> bool:
    return "SANDBOX_HOME" in environ


def _by_sandbox(of: str, repository: str) -> str:
    output = called(
        sys.executable, "-m", "sandbox", "image",
        "--repository", repository.partition("/")[2], "--file", f"pipelines/{of}/Dockerfile", ".",
    )  # fmt: skip
    return output.strip().splitlines()[-1]
