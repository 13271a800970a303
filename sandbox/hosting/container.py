"""A model container as SageMaker runs it: image unpacked, model unpacked, entrypoint, environment.

The contract's absolute paths cannot be real on one machine without root, so they are mapped: /opt/ml/model is
`SM_MODEL_DIR`, files of the image are under the unpacked layer, and names in ENV and ENTRYPOINT that the image holds
are pointed there. What the Dockerfile's RUN installs comes from `.venv-serving` (requirements/serving.txt only).
"""

import io
import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sandbox.cloud import Cloud, MissingError
from sandbox.home import CHECKOUT, Home
from sandbox.image.build import Blobs
from sandbox.processes.program import Limits, Program

_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[a-z0-9._/-]+)"
    r"@(?P<digest>sha256:[0-9a-f]{64})"
)
_MODEL_DATA = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>.+\.tar\.gz)")


# One model server that goes wild must not take the machine with it.
LIMITS = Limits(memory=2 << 30, open_files=4096, processes=256)
PORT = 8080  # where SageMaker finds a container's server
DOOR = "door"


class ContainerError(Exception):
    """A container that SageMaker could not bring up; the text becomes FailureReason."""


@dataclass(frozen=True)
class Spec:
    """What to run."""

    account: str
    image: str  # URI by digest
    model_data: str | None  # s3 URI of a model.tar.gz
    environment: tuple[tuple[str, str], ...]
    role: str  # ARN of the execution role
    isolated: bool  # EnableNetworkIsolation: no network and no credentials


def check_image(cloud: Cloud, account: str, uri: str) -> str:
    """Return the image's manifest; raises MissingError unless it is in ECR, in this account, by digest."""
    image = _IMAGE.fullmatch(uri)
    if not image:
        raise MissingError(
            f"image {uri!r} is not an ECR image by digest (ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:…)"
        )
    if image["account"] != account:
        raise MissingError(
            f"image {uri} is in account {image['account']}, which account {account} may not pull from"
        )
    return cloud.manifest(account, image["region"], image["repository"], image["digest"])


def read_model(cloud: Cloud, account: str, uri: str) -> bytes:
    """Return a model.tar.gz; raises MissingError."""
    data = _MODEL_DATA.fullmatch(uri)
    if not data:
        raise MissingError(f"model data {uri!r} is not an s3://BUCKET/KEY.tar.gz")
    return cloud.object(account, data["bucket"], data["key"])


def prepare(home: Home, cloud: Cloud, spec: Spec, instance: str, port: int) -> Program:
    """Unpack image and model for one instance that shall listen on `port`; raises ContainerError."""
    folder = home.instances / instance
    try:
        manifest = json.loads(check_image(cloud, spec.account, spec.image))
        config = json.loads(_blob(home, manifest["config"]["digest"]))["config"]
        root = _layer(home, manifest["layers"][0]["digest"])
        model = folder / "model"
        model.mkdir(parents=True)
        if spec.model_data:
            _unpack(read_model(cloud, spec.account, spec.model_data), model)
    except MissingError as error:
        raise ContainerError(str(error)) from None
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
    return Program(
        tuple(argv),
        environment,
        work if work.is_dir() else root,
        home.container_logs / f"{instance}.log",
        network="loopback" if spec.isolated else "open",
        door=folder / DOOR if spec.isolated else None,
        limits=LIMITS,
    )


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
    target = home.layers / digest.removeprefix("sha256:")
    if not target.exists():
        home.layers.mkdir(parents=True, exist_ok=True)
        unpacked = Path(tempfile.mkdtemp(dir=home.layers))
        _unpack(_blob(home, digest), unpacked)
        try:
            unpacked.rename(target)
        except OSError:  # another instance was first
            shutil.rmtree(unpacked)
    return target


def _unpack(data: bytes, target: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
        tar.extractall(target, filter="data")


def _mapped(root: Path, value: str) -> str:
    """Point the absolute paths that the image holds to where it is unpacked."""
    parts = value.split(":")
    return ":".join(
        str(root / part.lstrip("/")) if part.startswith("/") and (root / part.lstrip("/")).exists() else part
        for part in parts
    )
