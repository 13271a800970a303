"""What a platform's cache gives a fresh clone, quicker: `PYTHON -m tests.ci.warm CLONE`, PYTHON being the checkout's.

A clone gets environments of its own, whose stamps `make setup` finds to be right: their packages are the checkout's, by
path, and the code that runs in them is the clone's. Nothing is written outside the clone.
"""

import sys
from pathlib import Path

from tools.setup import environments, linked


def warm(clone, checkout):
    """Make the environments of a clone from the checkout's."""
    for environment in (environments.DEVELOPMENT, environments.SERVING, *environments.BESIDES.values()):
        ours, theirs = clone / environment.folder, checkout / environment.folder
        if not theirs.is_dir():  # those beside it are made when they are asked for
            continue
        linked.link(ours, theirs, clone)
        stamp = f"{environments._made_for(clone)}\n{environments._content(environment, clone)}\n"
        (ours / linked.STAMP).write_text(stamp)


if __name__ == "__main__":
    warm(Path(sys.argv[1]).resolve(), Path(sys.prefix).resolve().parent)
