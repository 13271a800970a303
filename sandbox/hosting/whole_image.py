"""An image with a file system of its own: unpacked once, copied for each instance, made the root of its process.

What it is given is what `docker run IMAGE serve` gives it on SageMaker: its own entry point, variables and user, and the model
at /opt/ml/model. What it does not get here, and what keeps it less apart than a container: docs/operations.md.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.hosting.filled import filled_once
from sandbox.hosting.held import HeldImages, Image
from sandbox.image.build import digest_of, file_name
from sandbox.processes.program import Files

MODEL = "/opt/ml/model"
PORT = 8080  # where SageMaker finds a container's server
_LAYERS = Path(__file__).parents[1] / "image" / "layers.py"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # Docker's, where an image has none


class WholeImageError(Exception):
    """An image that cannot be unpacked or run on this machine; the text says why."""


def files(image: Image, images: HeldImages, store: Path, folder: Path, model: Path) -> Files:
    """The files of one instance in its folder: a copy, since instances write. Raises WholeImageError, MissingError."""
    unpacked = _unpacked(image, images, store)
    root = folder / "root"
    copied = subprocess.run(
        ["cp", "-a", str(unpacked), str(root)], capture_output=True, text=True, check=False
    )
    if copied.returncode:
        raise WholeImageError(f"the image's files cannot be copied: {copied.stderr.strip()}")
    _readable(model)
    return Files(root=root, mounts=((model, MODEL),), user=_user(image.config.get("User") or "", root))


def command(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The word `serve` takes the place of CMD."""
    return (*(config.get("Entrypoint") or ()), "serve")


def environment(config: Mapping[str, Any], model: Mapping[str, str], port: int) -> dict[str, str]:
    """What the image sets, and over it the model: SageMaker adds nothing for a model of one container.

    It names a port to the containers of a multi-container endpoint alone, and finds any other at PORT. Where a container
    cannot have that port here, it is told of its own.
    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/multi-container-troubleshooting.html
    """
    own = dict(entry.partition("=")[::2] for entry in config.get("Env") or ())
    elsewhere = {} if port == PORT else {"SAGEMAKER_BIND_TO_PORT": str(port)}
    return {"PATH": PATH, "HOME": "/", **own, **model, **elsewhere}


def _unpacked(image: Image, images: HeldImages, store: Path) -> Path:
    """Where the layers lie over each other, shared by all instances."""
    layers = [str(images.layer(each)) for each in image.layers]

    def fill(folder: Path) -> None:
        folder.chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-IS", str(_LAYERS), str(folder), *layers],
            env={},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines()
            why = lines[-1] if lines else f"its reader ended with {done.returncode}"
            raise WholeImageError(f"the image cannot be unpacked: {why}")
        for mounted in ("proc", "dev", MODEL.lstrip("/")):
            mount_point(folder, mounted)

    return filled_once(store / file_name(digest_of(" ".join(image.layers).encode())), fill)


def mount_point(root: Path, inside: str, *, is_file: bool = False) -> None:
    """A folder or a file to mount on; a link of the image's in its way is taken out, since it could lead out of the root."""
    path = root
    parts = Path(inside).parts
    for number, part in enumerate(parts, 1):
        path /= part
        last_file = is_file and number == len(parts)
        if path.is_symlink() or (path.is_file() and not last_file):
            path.unlink()
        if last_file:
            path.touch()
        elif not path.exists():
            path.mkdir()
            path.chmod(0o755)


def _readable(model: Path) -> None:
    """To whatever user the image runs as, as SageMaker lays a model down."""
    for path in (model, *model.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))


def _user(text: str, root: Path) -> tuple[int, int] | None:
    """Ids of the image's USER; None for root's, and where only root could take others."""
    name, _, group = text.partition(":")
    if os.geteuid() != 0 or name in {"", "0", "root"}:
        return None
    users, groups = (_ids(root / "etc" / file) for file in ("passwd", "group"))
    user = (int(name), 0) if name.isdigit() else users.get(name)
    if user is None:
        raise WholeImageError(f"USER {name} is not in the image's /etc/passwd")
    if not group:
        return (
            user if not name.isdigit() else next((ids for ids in users.values() if ids[0] == int(name)), user)
        )
    gid = int(group) if group.isdigit() else groups.get(group, (None, None))[0]
    if gid is None:
        raise WholeImageError(f"group {group} of USER is not in the image's /etc/group")
    return user[0], gid


def _ids(path: Path) -> dict[str, tuple[int, int]]:
    """Names with the two numbers after them, in a file like /etc/passwd."""
    if path.is_symlink() or not path.is_file():
        return {}
    rows = (line.split(":") for line in path.read_text(errors="replace").splitlines())
    return {
        row[0]: (int(row[2]), int(row[3]) if len(row) > 4 and row[3].isdigit() else int(row[2]))  # noqa: PLR2004
        for row in rows
        if len(row) > 2 and row[2].isdigit()  # noqa: PLR2004 - name, password, number
    }
