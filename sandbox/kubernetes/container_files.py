"""The file system of a container: its image's files, the machine's system beneath those that were built here, its mounts."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.home import Home
from sandbox.hosting import local_image, whole_image
from sandbox.hosting.held import HeldImages, Image
from sandbox.image.build import Blobs
from sandbox.kubernetes.pod_plan import ContainerPlan
from sandbox.processes.program import Files

# Of the machine, for an image that holds the files of COPY alone (sandbox/image/build.py).
_SYSTEM = ("usr", "bin", "sbin", "lib", "lib64", "etc")


@dataclass(frozen=True)
class Prepared:
    """An image ready to be run: its files, command, variables and working folder."""

    files: Files
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str


def prepare(
    plan: ContainerPlan, image: Image, home: Home, folder: Path, volumes: Mapping[str, Path]
) -> Prepared:
    """Lay the container's files down in the new `folder`.

    Raises:
        LocalImageError, WholeImageError, MissingError: the image cannot run on this machine; OSError.
    """
    config, images = image.config, HeldImages(Blobs(home.blobs))
    words = _words(plan, config.get("Entrypoint") or (), config.get("Cmd") or ())
    work = plan.folder or config.get("WorkingDir") or "/"
    own = dict(entry.partition("=")[::2] for entry in config.get("Env") or ())
    programs: tuple[Path, ...] = ()
    if image.whole:
        nothing = folder / "nothing"
        nothing.mkdir(parents=True)
        files = replace(whole_image.files(image, images, home.layers, folder, nothing), mounts=())
        environment = {"PATH": whole_image.PATH, "HOME": "/", **own}
    else:
        local = local_image.unpacked(image, images, home.layers)
        files = _on_this_system(local, folder)
        programs = tuple(_python(local.python))
        environment = {"PATH": local.path(), "HOME": "/tmp", "PYTHONPATH": work, **own}  # noqa: S108 - its own
        if words and words[0] in {"python", "python3"}:
            words = (str(local.python), *words[1:])
    mounts = [_mounted(files.root, volumes[mount.volume] / mount.part, mount.path) for mount in plan.mounts]
    # After the volumes, since one of them may lie over what runs: a checkout below /tmp, and a volume at /tmp.
    for place in programs:
        for mount in plan.mounts:
            if place.is_relative_to(mount.path):
                within = volumes[mount.volume] / mount.part / place.relative_to(mount.path)
                within.mkdir(parents=True, exist_ok=True)
        mounts.append(_mounted(files.root, place, str(place)))
    whole_image.mount_point(files.root, work.lstrip("/"))
    return Prepared(replace(files, mounts=(*files.mounts, *mounts)), words, environment, work)


def _words(plan: ContainerPlan, entrypoint: Sequence[str], command: Sequence[str]) -> tuple[str, ...]:
    # https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container
    if plan.command:
        return (*plan.command, *plan.arguments)
    return (*entrypoint, *(plan.arguments or command))


def _on_this_system(local: local_image.LocalImage, folder: Path) -> Files:
    root = folder / "root"
    shutil.copytree(local.root, root, symlinks=True)
    for name in ("proc", "dev", "tmp"):
        (root / name).mkdir(exist_ok=True)
    mounts = []
    for name in _SYSTEM:
        source = Path("/") / name
        if source.is_symlink():
            (root / name).symlink_to(source.readlink())
        elif source.is_dir():
            mounts.append(_mounted(root, source, str(source)))
    return Files(root, tuple(mounts))


def _python(program: Path) -> Iterator[Path]:
    """Where an environment's Python lies, beside what the system's folders hold."""
    yield program.parent.parent
    real = Path(os.path.realpath(program)).parent.parent
    if real.parts[1:2] != ("usr",):
        yield real


def _mounted(root: Path, source: Path, target: str) -> tuple[Path, str]:
    whole_image.mount_point(root, target.lstrip("/"), is_file=source.is_file())
    return source, target
