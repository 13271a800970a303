"""The image that both are built on: the one that BASE_IMAGE names, else today's python:3.11-slim, else one of Debian's packages.

The last is for machines that reach no image registry; it is made once for each engine, by mmdebstrap, and is named by its recipe.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from pathlib import Path

from modeldelivery.terminal.steps import Step
from tools.image.engine import Engine, call
from tools.image.errors import ImageError, NoEngineError

PYTHON = "python:3.11-slim"
_BY_DIGEST = re.compile(r"\S+@sha256:[0-9a-f]{64}")
_SUITE = "bookworm"  # of Debian: Python 3.11
_PACKAGES = ("ca-certificates", "python3", "python3-pip", "python-is-python3")
_LEFT_OUT = ("doc", "info", "locale", "man")  # of /usr/share
# pip refuses to install beside Debian's own packages; in an image there is nothing else to install for.
_HOOK = 'rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED'
_CONFIG = {
    "architecture": "amd64",
    "os": "linux",
    "config": {
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
        "Cmd": ["python"],
    },
    "history": [{"created_by": f"mmdebstrap {_SUITE}: {' '.join(_PACKAGES)}"}],
}


def named_by_digest(reference: str) -> str:
    """BASE_IMAGE as it is; raises ImageError unless it names one image for good."""
    if not _BY_DIGEST.fullmatch(reference):
        raise ImageError(
            f"BASE_IMAGE={reference!r} may be another image tomorrow: name it by digest, as in {PYTHON}@sha256:<64 hex digits>; "
            f"`docker buildx imagetools inspect {PYTHON}` prints today's"
        )
    return reference


def choose(engine: Engine, reference: str, step: Step) -> str:
    """What FROM is given.

    Args:
        engine: that builds.
        reference: BASE_IMAGE; empty where nobody chose one.
        step: where to show progress.

    Raises:
        ImageError: `reference` is not by digest, or no registry has it.
        NoEngineError: no registry answers, and this machine cannot make a base.
    """
    if reference:
        pulled = engine.pull(named_by_digest(reference), step)
        if pulled is None:
            raise ImageError(f"BASE_IMAGE={reference}: no registry that {engine.name} reaches has it")
        return reference
    return engine.find(_name()) or engine.pull(PYTHON, step) or _made(engine, step)


def _name() -> str:
    recipe = json.dumps([_CONFIG, _LEFT_OUT, _HOOK]).encode()
    return f"localhost/model-delivery-base:{_SUITE}-{hashlib.sha256(recipe).hexdigest()[:12]}"


def _made(engine: Engine, step: Step) -> str:
    if shutil.which("mmdebstrap") is None:
        raise NoEngineError(
            f"no image registry answers: name a base that {engine.name} has or reaches by BASE_IMAGE=NAME@sha256:…, or install "
            "mmdebstrap (Debian and Ubuntu: apt install mmdebstrap), and the base is made of Debian's packages"
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # an ordinary user's mmdebstrap works as another one
        os.environ["SOURCE_DATE_EPOCH"] = "0"
        call(
            [
                "mmdebstrap", "--variant=minbase", "--architectures=amd64", f"--include={','.join(_PACKAGES)}",
                *(f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in _LEFT_OUT), f"--customize-hook={_HOOK}",
                _SUITE, folder / "layer.tar",
            ],
            step, "making a base of Debian's packages",
        )  # fmt: skip
        return engine.load(_archive(folder), _name())


def _archive(folder: Path) -> Path:
    """The archive that an engine loads, of the base's files."""
    diff_id = f"sha256:{hashlib.sha256((folder / 'layer.tar').read_bytes()).hexdigest()}"
    config = {**_CONFIG, "rootfs": {"type": "layers", "diff_ids": [diff_id]}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "manifest.json").write_text(
        json.dumps([{"Config": "config.json", "RepoTags": [], "Layers": ["layer.tar"]}])
    )
    path = folder / "base.tar"
    call(
        [
            "tar",
            "--create",
            f"--file={path}",
            f"--directory={folder}",
            "config.json",
            "manifest.json",
            "layer.tar",
        ]
    )
    return path
