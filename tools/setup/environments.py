"""The project's virtual environments, from hashed requirement files."""

import hashlib
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from modeldelivery.terminal.steps import SetupError, Step

from . import linked
from .commands import CommandError, run


@dataclass(frozen=True)
class Environment:
    """A virtual environment: where it is and what it holds.

    Attributes:
        folder: relative to the project, `.venv`.
        requirements: relative to the project; everything in it is pinned with its hashes.
        project: whether the project itself is installed too, editable.
        programs: modules that are started often; what they import is compiled to bytecode once.
    """

    folder: str
    requirements: str
    project: bool
    programs: tuple[str, ...]


DEVELOPMENT = Environment(
    folder=".venv",
    requirements="requirements/dev.txt",
    project=True,
    programs=(
        "components.endpoint",
        "components.registry",
        "infra.settings",
        "pipelines.flights.train",
        "pipelines.gates.expectations",
        "modeldelivery.policy.pack",
        "modeldelivery.provider.delivery",
        "modeldelivery.release.cli.context",
        "modeldelivery.review.cli",
        "sandbox.pulumi_aws.provider",
        "sandbox.world",
    ),
)
# What the model server's image holds, so that the sandbox serves with nothing that the image lacks.
SERVING = Environment(
    folder=".venv-serving",
    requirements="requirements/serving.txt",
    project=False,
    programs=("pipelines.server.app",),
)
# What keeps data under version (dvc.yaml): programs that are called, not modules that are imported.
DATA = Environment(
    folder=".venv-data",
    requirements="requirements/data.txt",
    project=False,
    programs=("dvc.cli", "dvc_s3"),
)
# What writes the training pipeline's definition (pipelines/definition.py): SageMaker's SDK, and nothing of ours.
DEFINITION = Environment(
    folder=".venv-definition",
    requirements="requirements/definition.txt",
    project=False,
    programs=("pipelines.definition",),  # which leaves the shell's AWS behind before it imports the SDK
)
# The evaluation gate's second engine (pipelines/tfma): TensorFlow Model Analysis, which takes no pandas 3.
TFMA = Environment(
    folder=".venv-tfma",
    requirements="requirements/tfma.txt",
    project=False,
    programs=("tensorflow_model_analysis",),
)
# What draws the report of data that moved (pipelines/data_drift/page.py): Evidently, which takes no pandas 3.1.
DRIFT = Environment(
    folder=".venv-drift",
    requirements="requirements/drift.txt",
    project=False,
    programs=("evidently", "evidently.presets"),
)
# What makes a load on a variant (modeldelivery/release/aws/load.py): Locust, a program that is called.
LOAD = Environment(
    folder=".venv-load",
    requirements="requirements/load.txt",
    project=False,
    programs=("locust.main",),
)
# By the word that asks for each.
BESIDES = {"data": DATA, "definition": DEFINITION, "drift": DRIFT, "tfma": TFMA, "load": LOAD}
# The gateway of `sandbox kubernetes`: a program that a wheel carries.
KUBERNETES = Environment(
    folder=".venv-kubernetes",
    requirements="requirements/kubernetes.txt",
    project=False,
    programs=(),
)

UV_REQUIREMENTS = "requirements/uv.txt"
_READ_BY_PYPROJECT = tuple(f"requirements/{part}.in" for part in ("modelctl", "provider", "review", "policy"))
# `sandbox` is no part of the product's wheel, so that no installer makes a command of it. Isolated: nothing of the shell's
# Python settings, and no file `sandbox.py` where it is typed, is imported before the command has left them behind.
_SANDBOX = """#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/python" -I -X utf8 -m sandbox "$@"
"""


def ensure(environment: Environment, root: Path, step: Step) -> None:
    """Make `environment` what its requirement file says, unless its stamp says that it is.

    Raises:
        SetupError: neither uv nor pip could install it.
    """
    folder = root / environment.folder
    stamp = folder / linked.STAMP
    made_for, content = _made_for(root), _content(environment, root)
    stamped = stamp.read_text().splitlines() if stamp.is_file() else []
    if stamped == [made_for, content]:
        if environment.project:
            _write_command(folder)
        step.outcome("up to date")
        return
    stamp.unlink(missing_ok=True)
    other = linked.source(os.environ)
    if other and other != root and linked.fits(other / environment.folder, content):
        linked.link(folder, other / environment.folder, root)
        _stamp(stamp, made_for, content)
        step.outcome(f"packages of {other}")
        return
    # Another Python, or a moved clone: scripts in bin/ name the old place.
    if stamped[:1] != [made_for] or not _works(folder, root, step):
        run(
            [sys.executable, "-m", "venv", "--clear", folder], step, doing="making it", folder=root,
            hint="install the venv module of your Python (Debian and Ubuntu: apt install python3-venv)",
        )  # fmt: skip
    _install(environment, root, step)
    _stamp(stamp, made_for, content)


def _stamp(stamp: Path, made_for: str, content: str) -> None:
    partial = stamp.with_suffix(".partial")
    partial.write_text(f"{made_for}\n{content}\n")
    partial.replace(stamp)


def sync(folder: Path, requirements: Path, root: Path, step: Step) -> None:
    """Install what `requirements` lists (pinned, hashed, nothing besides) in the environment `folder`.

    uv is the fast one, and removes what is listed no more. It trusts the machine's certificates, as pip does, for
    networks that have an authority of their own. pip is tried after it because a machine may have its package index
    configured for pip alone.

    Raises:
        SetupError: neither could.
    """
    uv = root / DEVELOPMENT.folder / "bin" / "uv"
    python = folder / "bin" / "python"
    if uv.is_file():
        try:
            run(
                [uv, "--system-certs", "pip", "sync", "--quiet", "--require-hashes", "--python", python, requirements],
                step, doing=f"installing {requirements.name}", folder=root,
            )  # fmt: skip
        except CommandError as error:
            step.say(f"uv could not install it, trying pip ({error})")
        else:
            return
    run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", requirements],
        step, doing=f"installing {requirements.name} with pip", folder=root,
        hint="check that this machine reaches a Python package index (pip's and uv's settings), then run it again",
    )  # fmt: skip


def _install(environment: Environment, root: Path, step: Step) -> None:
    folder = root / environment.folder
    if environment == DEVELOPMENT:
        try:
            run(
                [
                    folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes",
                    "--only-binary", ":all:", "-r", root / UV_REQUIREMENTS,
                ],
                step, doing="installing uv", folder=root,
            )  # fmt: skip
        except CommandError as error:
            step.say(f"uv cannot be had, going on with pip, which is slower ({error})")
    sync(folder, root / environment.requirements, root, step)
    if environment.project:
        _install_project(folder, root, step)
    _compile(environment, root, step)


def _compile(environment: Environment, root: Path, step: Step) -> None:
    """Import what the programs import, so that Python keeps the bytecode.

    Where PYTHONDONTWRITEBYTECODE is set, as in many containers, each start would compile it again: a preview starts four
    Pythons, and `import pulumi` alone costs twice the CPU. Compiling all that is installed takes a minute.
    """
    if not environment.programs:
        return
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    run(
        [root / environment.folder / "bin" / "python", "-c", f"import {', '.join(environment.programs)}"],
        step, doing="compiling what it starts", folder=root, variables=variables,
    )  # fmt: skip


def _install_project(folder: Path, root: Path, step: Step) -> None:
    # Without isolation: setuptools is pinned in dev.txt, and nothing unpinned is fetched.
    run(
        [
            folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
            "--editable", root,
        ],
        step, doing="installing the project", folder=root,
        hint="pyproject.toml names a file that is not there, or is wrong: see the lines above",
    )  # fmt: skip
    _write_command(folder)


def _write_command(folder: Path) -> None:
    """Write the `sandbox` command, unless it is there as it should be; one that is being run is never half there."""
    command = folder / "bin" / "sandbox"
    if command.is_file() and command.read_text() == _SANDBOX and os.access(command, os.X_OK):
        return
    partial = command.with_suffix(".partial")
    partial.write_text(_SANDBOX)
    partial.chmod(0o755)
    partial.replace(command)


def _works(folder: Path, root: Path, step: Step) -> bool:
    try:
        run([folder / "bin" / "python", "-c", ""], step, doing="looking at it", folder=root)
    except CommandError:
        return False
    return True


def _made_for(root: Path) -> str:
    return f"{root} {platform.python_version()} {os.path.realpath(sys.executable)}"


def _content(environment: Environment, root: Path) -> str:
    files = [environment.requirements]
    if environment.project:
        files += [UV_REQUIREMENTS, "pyproject.toml", *_READ_BY_PYPROJECT]
    digest = hashlib.sha256()
    for name in files:
        path = root / name
        if not path.is_file():
            raise SetupError(
                f"{path} is missing: the clone is incomplete; `git checkout -- {name}` brings it back"
            )
        digest.update(path.read_bytes())
    if environment.project:
        digest.update(_SANDBOX.encode())
    return digest.hexdigest()
