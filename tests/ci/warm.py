"""What a platform's cache gives a fresh clone, quicker: `PYTHON -m tests.ci.warm CLONE`, PYTHON being the checkout's.

A clone gets environments of its own, whose stamps `make setup` finds to be right: their packages are the checkout's, by
path, and the code that runs in them is the clone's. Nothing is written outside the clone.
"""

import sys
import venv
from pathlib import Path

from tools.setup import environments


def warm(clone, checkout):
    """Make the environments of a clone from the checkout's."""
    for environment in (environments.DEVELOPMENT, environments.SERVING, *environments.BESIDES.values()):
        ours, theirs = clone / environment.folder, checkout / environment.folder
        if not theirs.is_dir():  # those beside it are made when they are asked for
            continue
        venv.create(ours, symlinks=True)
        (source,) = theirs.glob("lib/python3*/site-packages")
        (target,) = ours.glob("lib/python3*/site-packages")
        # A folder that a .pth names is not searched for .pth files: the checkout's own link to its code stays out.
        (target / "warm.pth").write_text(f"{source}\n{clone}\n")
        for program in (theirs / "bin").iterdir():
            _program(program, ours / "bin" / program.name, theirs, ours)
        stamp = f"{environments._made_for(clone)}\n{environments._content(environment, clone)}\n"
        (ours / environments._STAMP).write_text(stamp)


def _program(program, link, theirs, ours):
    """A script that runs in the clone's environment, or a link to what is no script."""
    if link.exists() or link.is_symlink():
        return
    with program.open("rb") as file:
        script = file.read(2) == b"#!"
    if script:
        link.write_text(program.read_text().replace(str(theirs), str(ours)))
        link.chmod(0o755)
    else:
        link.symlink_to(program)


if __name__ == "__main__":
    warm(Path(sys.argv[1]).resolve(), Path(sys.prefix).resolve().parent)
