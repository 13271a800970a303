"""An environment whose packages are another clone's: where that one has the very packages that this one asks for.

`SETUP_FROM` names such a clone: in an image that builds run in, or on the machine of a sandbox. Its packages are used by path,
and the code that runs in the environment is this clone's.
"""

import venv
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "SETUP_FROM"
STAMP = "set-up.stamp"


def source(environ: Mapping[str, str]) -> Path | None:
    """The clone whose packages are to be used; None for none."""
    named = environ.get(VARIABLE, "")
    return Path(named) if Path(named).is_absolute() and Path(named).is_dir() else None


def fits(environment: Path, content: str) -> bool:
    """Whether an environment was made of this content, as its stamp says."""
    stamp = environment / STAMP
    return stamp.is_file() and stamp.read_text().splitlines()[1:] == [content]


def link(ours: Path, theirs: Path, clone: Path) -> None:
    """Make the environment `ours` of the packages and programs of `theirs`, for the code of `clone`."""
    venv.create(ours, symlinks=True, clear=True)
    (packages,) = theirs.glob("lib/python3*/site-packages")
    (target,) = ours.glob("lib/python3*/site-packages")
    # A folder that a .pth names is not searched for .pth files: the other clone's link to its code stays out.
    (target / "linked.pth").write_text(f"{packages}\n{clone}\n")
    for program in (theirs / "bin").iterdir():
        _program(program, ours / "bin" / program.name, theirs, ours)


def _program(program: Path, place: Path, theirs: Path, ours: Path) -> None:
    """A script that runs in the clone's environment, or a link to what is no script."""
    if place.exists() or place.is_symlink():
        return
    with program.open("rb") as file:
        is_script = file.read(2) == b"#!"
    if is_script:
        place.write_text(program.read_text().replace(str(theirs), str(ours)))
        place.chmod(0o755)
    else:
        place.symlink_to(program)
