"""A model container as SageMaker runs it: image unpacked, model unpacked, entrypoint, environment.

The contract's absolute paths cannot be real on one machine without root, so they are mapped: /opt/ml/model is
`SM_MODEL_DIR`, files of the image are under the unpacked layer, and names in ENV and ENTRYPOINT that the image holds
are pointed there. What the Dockerfile's RUN installs comes from `.venv-serving` (requirements/serving.txt only).
"""

import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sandbox.archive import unpack
from sandbox.cloud import MissingError
from sandbox.home import CHECKOUT, Home
from sandbox.hosting.execution_role import ExecutionRole, Reader
from sandbox.image.build import Blobs, DigestError, file_name

_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[a-z0-9._/-]+)"
    r"@(?P<digest>sha256:[0-9a-f]{64})"
)
_MODEL_DATA = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>.+\.tar\.gz)")


class ContainerError(Exception):
    """A container that SageMaker could not bring up; the text becomes FailureReason."""


@dataclass(frozen=True)
class Spec:
    """What to run."""

    account: str
    image: str  # URI by digest
    model_data: str | None  # s3 URI of a model.tar.gz
    environment: tuple[tuple[str, str], ...]
    role: ExecutionRole


@dataclass(frozen=True)
class Program:
    """A process to start in `folder`."""

    argv: list[str]
    folder: Path
    environment: dict[str, str]


def check_image(reader: Reader, role: ExecutionRole, uri: str) -> str:
    """Return the image's manifest; raises MissingError unless it is in ECR, by digest, and the role may pull it."""
    image = _IMAGE.fullmatch(uri)
    if not image:
        raise MissingError(
            f"image {uri!r} is not an ECR image by digest (ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:…)"
        )
    if image["region"] != role.region:
        raise MissingError(
            f"image {uri} is in {image['region']}, and SageMaker pulls from {role.region} only"
        )
    return reader.manifest(role, image["account"], image["repository"], image["digest"])


def read_model(reader: Reader, role: ExecutionRole, uri: str) -> bytes:
    """Return a model.tar.gz; raises MissingError, also when the role may not read it."""
    data = _MODEL_DATA.fullmatch(uri)
    if not data:
        raise MissingError(f"model data {uri!r} is not an s3://BUCKET/KEY.tar.gz")
    return reader.object(role, data["bucket"], data["key"])


def prepare(home: Home, reader: Reader, spec: Spec, instance: str, port: int) -> Program:
    """Unpack image and model for one instance; raises ContainerError."""
    folder = home.instances / instance
    try:
        manifest = json.loads(check_image(reader, spec.role, spec.image))
        config = json.loads(_blob(home, manifest["config"]["digest"]))["config"]
        root = _layer(home, manifest["layers"][0]["digest"])
        model = folder / "model"
        model.mkdir(parents=True)
        if spec.model_data:
            unpack(read_model(reader, spec.role, spec.model_data), model)
    except MissingError as error:
        raise ContainerError(str(error)) from None
    except DigestError as error:
        raise ContainerError(f"the manifest of {spec.image}: {error}") from None
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ContainerError(f"model data {spec.model_data} cannot be unpacked: {error}") from None
    environment = {name: _mapped(root, value) for name, _, value in (e.partition("=") for e in config["Env"])}
    environment.setdefault("PYTHONPATH", str(root / config["WorkingDir"].lstrip("/")))
    python = _serving_python()
    environment |= {
        **dict(spec.environment),
        "PATH": f"{python.parent}{os.pathsep}{os.defpath}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "SM_MODEL_DIR": str(model),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        # A container listens on all addresses of its own; here those would be the machine's.
        "BIND_HOST": "127.0.0.1",
    }
    # `docker run IMAGE serve`, as SageMaker does: the word takes the place of CMD.
    argv = [_mapped(root, word) for word in [*config["Entrypoint"], "serve"]]
    if argv[0] in {"python", "python3"}:
        argv[0] = str(python)
    work = root / config["WorkingDir"].lstrip("/")
    return Program(argv, work if work.is_dir() else root, environment)


def remove(home: Home, instance: str) -> None:
    """Forget an instance's files."""
    shutil.rmtree(home.instances / instance, ignore_errors=True)


def _serving_python() -> Path:
    serving = CHECKOUT / ".venv-serving" / "bin" / "python"
    return serving if serving.exists() else Path(sys.executable).absolute()


def _blob(home: Home, digest: str) -> bytes:
    try:
        return Blobs(home.blobs).get(digest)
    except FileNotFoundError:
        raise ContainerError(
            f"image blob {digest} is not in this sandbox: build and push the image again"
        ) from None


def _layer(home: Home, digest: str) -> Path:
    """The unpacked layer, shared by all instances of the image."""
    target = home.layers / file_name(digest)
    if not target.exists():
        home.layers.mkdir(parents=True, exist_ok=True)
        unpacked = Path(tempfile.mkdtemp(dir=home.layers))
        unpack(_blob(home, digest), unpacked)
        try:
            unpacked.rename(target)
        except OSError:  # another instance was first
            shutil.rmtree(unpacked)
    return target


def _mapped(root: Path, value: str) -> str:
    """Point the absolute paths that the image holds to where it is unpacked."""
    parts = value.split(":")
    return ":".join(
        str(root / part.lstrip("/")) if part.startswith("/") and (root / part.lstrip("/")).exists() else part
        for part in parts
    )
