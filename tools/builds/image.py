"""Build both images of a commit and push them: by docker, or in the sandbox by its own builder, which needs no engine.

A commit that was built is not built again: its images have its commit as their tag, and tags do not move.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import boto3

from tools.builds.stage import StageError, called

KINDS = {"IMAGE": ("server", "REPOSITORY"), "STEP_IMAGE": ("steps", "STEP_REPOSITORY")}
_METADATA = Path(".build/image.json")


def build(commit: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The images' URIs by digest, by the variables that hand them on.

    Raises:
        StageError: one could not be built or pushed.
    """
    if "SANDBOX_HOME" in environ:
        print(
            "no container engine is used here: the sandbox's builder names each image by its source",
            flush=True,
        )
        return {
            variable: _by_sandbox(of, environ[repository]) for variable, (of, repository) in KINDS.items()
        }
    _log_in()
    return {
        variable: _by_docker(of, environ[repository], commit) for variable, (of, repository) in KINDS.items()
    }


def _by_sandbox(of: str, repository: str) -> str:
    output = called(
        sys.executable, "-m", "sandbox", "image",
        "--repository", repository.partition("/")[2], "--file", f"pipelines/{of}/Dockerfile", ".",
    )  # fmt: skip
    return output.strip().splitlines()[-1]


def _by_docker(of: str, repository: str, commit: str) -> str:
    uri = f"{repository}:{commit}"
    if digest := _pushed(uri):
        print(f"{uri} was pushed before: {digest}", flush=True)
        return f"{repository}@{digest}"
    base = os.environ.get("BASE_IMAGE")
    called(
        "docker", "buildx", "build", "--platform", "linux/amd64", "--provenance=false", "--push",
        *(("--build-arg", f"BASE_IMAGE={base}") if base else ()),
        "--file", f"pipelines/{of}/Dockerfile", "--tag", uri, "--metadata-file", str(_METADATA), ".",
    )  # fmt: skip
    return f"{repository}@{json.loads(_METADATA.read_text())['containerimage.digest']}"


def _pushed(uri: str) -> str:
    """The digest of what a tag names; "" where it names nothing yet."""
    command = ["docker", "buildx", "imagetools", "inspect", uri, "--format", "{{.Manifest.Digest}}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode else done.stdout.strip()


def _log_in() -> None:
    """As `docker login` of ECR: the password is the caller's, and never on a command line."""
    data = boto3.Session().client("ecr").get_authorization_token()["authorizationData"][0]
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    command = ["docker", "login", "--username", user, "--password-stdin", data["proxyEndpoint"]]
    done = subprocess.run(command, input=password, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StageError(f"docker login: {done.stderr.strip()}")
