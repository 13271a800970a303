"""A model container as SageMaker runs it: image unpacked, model unpacked, entrypoint, environment.

The contract's absolute paths cannot be real on one machine without root, so they are mapped: /opt/ml/model is
`SM_MODEL_DIR`. That is for images that `sandbox image` built (local_image.py); one that another tool built has a file
system of its own (whole_image.py).
"""

import re
import shutil
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.archive import unpack
from sandbox.home import Home
from sandbox.hosting import local_image, whole_image
from sandbox.hosting.execution_role import ExecutionRole, Reader
from sandbox.hosting.held import Image, ImageError
from sandbox.hosting.image import Images
from sandbox.hosting.local_image import LocalImage, LocalImageError
from sandbox.hosting.whole_image import WholeImageError
from sandbox.missing import MissingError
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
        try:
            local = local_image.unpacked(image, self._images, self._home.layers)
        except LocalImageError as error:
            raise ContainerError(str(error)) from None
        return _Process(
            local.command(["serve"]),  # the word takes the place of CMD: `docker run IMAGE serve`
            local.environment() | dict(spec.environment) | _contract(local, folder, model, port),
            local.folder(),
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


def _contract(local: LocalImage, folder: Path, model: Path, port: int) -> dict[str, str]:
    """What SageMaker sets, and what stands for the container's own file system here."""
    return {
        "PATH": local.path(),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "SM_MODEL_DIR": str(model),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",  # an instance here has one vCPU
        # A container listens on all addresses of its own; here those would be the machine's.
        "BIND_HOST": "127.0.0.1",
    }
