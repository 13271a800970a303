"""What builds and runs images on this machine: buildah, else Docker."""

import shutil

from tools.image.buildah import Buildah
from tools.image.docker import Docker
from tools.image.engine import Engine, call
from tools.image.errors import ImageError, NoEngineError


def find() -> Engine:
    """The engine that this machine has. Raises NoEngineError."""
    if shutil.which("buildah"):
        return Buildah()
    if shutil.which("docker"):
        try:
            call(["docker", "info"])
        except ImageError as error:
            why = str(error).strip().splitlines()[-1]
            raise NoEngineError(
                f"docker is here, and its engine does not answer ({why}): start it"
            ) from error
        return Docker()
    raise NoEngineError(
        "nothing here builds images: install buildah (Debian and Ubuntu: apt install buildah) or Docker"
    )
