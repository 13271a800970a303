"""What an image is built from: the checkout's files as Git knows them, with modes that no umask had a part in.

A COPY takes over the modes of files. Those of a checkout are the umask's of whoever cloned it, and so would be the digest.
"""

import os
import shutil
import subprocess
from pathlib import Path

from tools.image.errors import ImageError
from tools.image.recipe import Recipe

_FOLDERS = ("requirements", "pipelines", "modeldelivery")
_IGNORE = ".dockerignore"
_FILE, _PROGRAM = 0o644, 0o755


def stage(root: Path, folder: Path) -> Path:
    """Lay out the context of every recipe in `folder`, which is made; returns it.

    Raises:
        ImageError: Git does not know the checkout, or a file that it knows is gone.
    """
    names = _git(
        root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", _IGNORE, *_FOLDERS
    )
    for name in filter(None, names.split("\0")):
        source, target = root / name, folder / name
        if not source.is_file():
            raise ImageError(
                f"{name}: Git knows it and it is not there; `git checkout -- {name}` brings it back"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(mode(source.stat().st_mode))
    for path in (folder, *(each for each in folder.rglob("*") if each.is_dir())):
        path.chmod(_PROGRAM)
    return folder


def mode(own: int) -> int:
    """The mode of a file in an image, of the one that it has here."""
    return _PROGRAM if own & 0o100 else _FILE


def revision(root: Path, recipe: Recipe) -> str:
    """The commit that last changed what an image holds, `-dirty` where the work tree has changed it since.

    Not HEAD: a commit that changes nothing in an image gives the same image. Raises ImageError.
    """
    paths = ("--", *recipe.sources, recipe.dockerfile, _IGNORE)
    commit = _git(root, "log", "-1", "--format=%H", *paths).strip()
    changed = _git(root, "status", "--porcelain", *paths).strip()
    return f"{commit or 'unknown'}{'-dirty' if changed else ''}"


def shallow(root: Path) -> bool:
    """Whether the clone lacks history, so that `revision` may be a later commit than the right one. Raises ImageError."""
    return _git(root, "rev-parse", "--is-shallow-repository").strip() == "true"


def _git(root: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", root, *arguments], check=False, capture_output=True, text=True, env=environment
    )
    if done.returncode:
        raise ImageError(
            f"`git {arguments[0]}` failed: {done.stderr.strip()}; images are built from a Git checkout"
        )
    return done.stdout
