"""An image that `sandbox image` built, on this machine's own system.

Files of the image are under the unpacked layer, and names in ENV and ENTRYPOINT that the image holds are pointed there.
What the Dockerfile's RUN installs is in the environment that set-up made of the same requirement file.
"""

import hashlib
import os
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.archive import unpack
from sandbox.home import CHECKOUT
from sandbox.hosting.filled import filled_once
from sandbox.hosting.held import HeldImages, Image
from sandbox.image.build import file_name

_SERVING = ".venv-serving"
# Which environment holds what a requirement file lists (tools/setup/environments.py).
_ENVIRONMENTS = {"serving.txt": _SERVING, "steps.txt": ".venv", "pipelines.txt": ".venv"}


class LocalImageError(Exception):
    """An image that cannot run on this machine's system; the text says why."""


@dataclass(frozen=True)
class LocalImage:
    """An image and where its files are.

    Attributes:
        config: Env, Entrypoint, WorkingDir, … as the image's configuration names them.
        root: the unpacked files.
        python: what stands for `python` in it.
    """

    config: Mapping[str, Any]
    root: Path
    python: Path

    def command(self, arguments: Sequence[str], entrypoint: Sequence[str] = ()) -> tuple[str, ...]:
        """`docker run [--entrypoint …] IMAGE ARGUMENTS`."""
        first, *more = (
            self._mapped(word) for word in [*(entrypoint or self.config["Entrypoint"]), *arguments]
        )
        return (str(self.python) if first in {"python", "python3"} else first, *more)

    def folder(self) -> Path:
        """Where it works."""
        work = self.root / self.config["WorkingDir"].lstrip("/")
        return work if work.is_dir() else self.root

    def environment(self) -> dict[str, str]:
        """What the image itself sets."""
        pairs = (entry.partition("=") for entry in self.config["Env"])
        environment = {name: self._mapped(value) for name, _, value in pairs}
        return {"PYTHONPATH": str(self.root / self.config["WorkingDir"].lstrip("/"))} | environment

    def path(self) -> str:
        """PATH: its environment's programs, and the system's."""
        return f"{self.python.parent}{os.pathsep}{os.defpath}"

    def _mapped(self, value: str) -> str:
        """Point the absolute paths that the image holds to where it is unpacked."""
        return ":".join(
            str(self.root / part.lstrip("/"))
            if part.startswith("/") and (self.root / part.lstrip("/")).exists()
            else part
            for part in value.split(":")
        )


def unpacked(image: Image, images: HeldImages, store: Path) -> LocalImage:
    """The image with its files in `store`, shared by all that run it; raises LocalImageError."""
    layer = image.layers[0]
    data = images.layer(layer)
    try:
        root = filled_once(store / file_name(layer), lambda folder: unpack(data.read_bytes(), folder))
    except tarfile.TarError as error:
        raise LocalImageError(f"the image's layer {layer} cannot be unpacked: {error}") from None
    return LocalImage(image.config, root, _python(root))


def _python(root: Path) -> Path:
    """Of the environment that has what the image's requirement files list; the model server's where it has none."""
    environments = {_environment(file) for file in sorted(root.rglob("requirements/*.txt"))} or {_SERVING}
    if len(environments) > 1:
        names = " and ".join(sorted(environments))
        raise LocalImageError(
            f"the image's requirement files are of {names}, and a container has one environment"
        )
    python = CHECKOUT / environments.pop() / "bin" / "python"
    return python if python.exists() else Path(sys.executable).absolute()


def _environment(file: Path) -> str:
    own = CHECKOUT / "requirements" / file.name
    if file.name not in _ENVIRONMENTS or not own.is_file() or _digest(own) != _digest(file):
        names = ", ".join(f"requirements/{name}" for name in _ENVIRONMENTS)
        raise LocalImageError(
            f"the image holds a {file.parent.name}/{file.name} of which no environment here was made: build the image of this "
            f"checkout, with one of {names} as it is, then `make setup`"
        )
    return _ENVIRONMENTS[file.name]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
