"""A model container as SageMaker runs it: image unpacked, model unpacked, entrypoint, environment.

The contract's absolute paths cannot be real on one machine without root, so they are mapped: /opt/ml/model is
`SM_MODEL_DIR`, files of the image are under the unpacked layer, and names in ENV and ENTRYPOINT that the image holds
are pointed there. What the Dockerfile's RUN installs comes from `.venv-serving` (requirements/serving.txt only).
That is for images that `sandbox image` built; one that another tool built has a file system of its own (whole_image.py).
"""

import os
import re
import shutil
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.archive import unpack
from sandbox.cloud import MissingError
from sandbox.home import CHECKOUT, Home
from sandbox.hosting import whole_image
from sandbox.hosting.execution_role import ExecutionRole, Reader
from sandbox.hosting.filled import filled_once
from sandbox.hosting.image import Image, ImageError, Images
from sandbox.hosting.whole_image import WholeImageError
from sandbox.image.build import file_name
from sandbox.processes.program import Files, Limits, Program

_MODEL_DATA = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>.+\.tar\.gz)")
# One model server that goes wild must not take the machine with it.
_LIMITS = Limits(memory=2 << 30, open_files=4096, processes=256)


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
    isolated: bool  # EnableNetworkIsolation: no network and no credentials


@dataclass(frozen=True)
class _Process:
    """What an image makes of itself: the fields of a Program."""

    argv: tuple[str, ...]
    environment: dict[str, str] = field(repr=False)  # may hold credentials
    folder: Path
    files: Files | None = None


def read_model(reader: Reader, role: ExecutionRole, uri: str) -> bytes:
    """Return a model.tar.gz; raises MissingError, also when the role may not read it."""
    data = _MODEL_DATA.fullmatch(uri)
    if not data:
        raise MissingError(f"model data {uri!r} is not an s3://BUCKET/KEY.tar.gz")
    return reader.object(role, data["bucket"], data["key"])


class Containers:
    """The containers of this sandbox, before they run and after."""

    def __init__(self, home: Home, reader: Reader, images: Images) -> None:
        self._home = home
        self._reader = reader
        self._images = images

    def prepare(self, spec: Spec, instance: str, port: int) -> Program:
        """Unpack image and model for one instance that shall listen on `port`; raises ContainerError."""
        try:
            image = self._images.find(spec.role, spec.image)
            data = read_model(self._reader, spec.role, spec.model_data) if spec.model_data else None
        except (MissingError, ImageError) as error:
            raise ContainerError(str(error)) from None
        folder = self._home.instances / instance
        model = folder / "model"
        model.mkdir(parents=True)
        if data is not None:
            try:
                unpack(data, model)
            except (tarfile.TarError, OSError) as error:
                raise ContainerError(f"model data {spec.model_data} cannot be unpacked: {error}") from None
        process = (self._whole if image.whole else self._on_this_system)(image, spec, folder, model, port)
        return Program(
            process.argv,
            process.environment,
            process.folder,
            self._home.container_logs / f"{instance}.log",
            network="loopback" if spec.isolated else "open",
            door=folder / "door" if spec.isolated else None,
            limits=_LIMITS,
            files=process.files,
        )

    def _on_this_system(self, image: Image, spec: Spec, folder: Path, model: Path, port: int) -> _Process:
        """Of an image that `sandbox image` built: its files on this machine's system."""
        root = self._root(image.layers[0])
        return _Process(
            _command(image.config, root),
            _environment(image.config, root) | dict(spec.environment) | _contract(folder, model, port),
            _folder(image.config, root),
        )

    def _whole(self, image: Image, spec: Spec, folder: Path, model: Path, port: int) -> _Process:
        """Of an image that another tool built."""
        try:
            files = whole_image.files(image, self._images, self._home.layers, folder, model)
        except (WholeImageError, MissingError) as error:
            raise ContainerError(str(error)) from None
        return _Process(
            whole_image.command(image.config),
            whole_image.environment(image.config, dict(spec.environment), port),
            Path(image.config.get("WorkingDir") or "/"),
            files,
        )

    def remove(self, instance: str) -> None:
        """Forget an instance's files."""
        shutil.rmtree(self._home.instances / instance, ignore_errors=True)

    def _root(self, layer: str) -> Path:
        """Where the image's files are, shared by all instances of it."""
        data = self._images.layer(layer)
        try:
            return filled_once(
                self._home.layers / file_name(layer), lambda folder: unpack(data.read_bytes(), folder)
            )
        except tarfile.TarError as error:
            raise ContainerError(f"the image's layer {layer} cannot be unpacked: {error}") from None


def _command(config: Mapping[str, Any], root: Path) -> tuple[str, ...]:
    """`docker run IMAGE serve`, as SageMaker does: the word takes the place of CMD."""
    first, *more = (_mapped(root, word) for word in [*config["Entrypoint"], "serve"])
    return (str(_serving_python()) if first in {"python", "python3"} else first, *more)


def _folder(config: Mapping[str, Any], root: Path) -> Path:
    work = root / config["WorkingDir"].lstrip("/")
    return work if work.is_dir() else root


def _environment(config: Mapping[str, Any], root: Path) -> dict[str, str]:
    """What the image itself sets."""
    pairs = (entry.partition("=") for entry in config["Env"])
    environment = {name: _mapped(root, value) for name, _, value in pairs}
    return {"PYTHONPATH": str(root / config["WorkingDir"].lstrip("/"))} | environment


def _contract(folder: Path, model: Path, port: int) -> dict[str, str]:
    """What SageMaker sets, and what stands for the container's own file system here."""
    return {
        "PATH": f"{_serving_python().parent}{os.pathsep}{os.defpath}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "SM_MODEL_DIR": str(model),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",  # an instance here has one vCPU
        # A container listens on all addresses of its own; here those would be the machine's.
        "BIND_HOST": "127.0.0.1",
    }


def _serving_python() -> Path:
    serving = CHECKOUT / ".venv-serving" / "bin" / "python"
    return serving if serving.exists() else Path(sys.executable).absolute()


def _mapped(root: Path, value: str) -> str:
    """Point the absolute paths that the image holds to where it is unpacked."""
    parts = value.split(":")
    return ":".join(
        str(root / part.lstrip("/")) if part.startswith("/") and (root / part.lstrip("/")).exists() else part
        for part in parts
    )
