"""Who a step is in its image: root until its directories are its own, a user without rights from then on.

SageMaker starts a job's container as the image's user and makes the directories under /opt/ml for root, so that an image with
USER cannot write its outputs. The image names the user in STEP_USER; where SAGEMAKER_BASE_DIR says that the directories
are elsewhere (the sandbox, `dvc repro`), they are the caller's own already.
"""

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from pipelines.steps.contract import BASE

USER = "STEP_USER"


def chosen(environ: Mapping[str, str], uid: int) -> int | None:
    """The user to become, who is `uid` now; None to stay. Raises ValueError: STEP_USER is no user's number."""
    if BASE in environ or uid != 0 or not (text := environ.get(USER)):
        return None
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ValueError(f"{USER}={text!r} is no user to become: write a number above 0, as the image does")
    return int(text)


def give_up_root(user: int, base: Path) -> None:
    """Hand SageMaker's directories to `user`, then become it for good."""
    base.mkdir(parents=True, exist_ok=True)
    for path in (base, *base.rglob("*")):
        try:
            os.chown(path, user, user, follow_symlinks=False)
        except OSError as error:
            if error.errno != errno.EROFS:  # an input that is mounted read-only
                raise
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    os.environ["HOME"] = "/tmp"  # noqa: S108 - root's is closed now; libraries look for settings and caches
