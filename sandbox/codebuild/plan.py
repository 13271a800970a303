"""What a build's program is given: the plan of its phases, and what it has of this machine; and what goes into an output."""

import os
import shlex
import shutil
from pathlib import Path
from typing import Any

from sandbox.codebuild.artifacts import ArtifactError
from sandbox.codebuild.build import Artifact
from sandbox.codebuild.buildspec import PHASES, Buildspec, BuildspecError, Files
from sandbox.home import CHECKOUT, Home

_ANY = ("latest", "3.x", "3")  # versions that leave it to the image


def plan(spec: Buildspec, source: Path, state: Path) -> dict[str, Any]:
    """What the driver reads; a phase that the buildspec does not have runs nothing."""
    given = {phase.name: phase for phase in spec.phases}
    phases = [
        {
            "name": name,
            "commands": given[name].commands if name in given else [],
            "finally": given[name].finally_commands if name in given else [],
            "on_failure": given[name].on_failure if name in given else None,
        }
        for name in PHASES
    ]
    return {
        "phases": phases,
        "shell": spec.shell,
        "exported": spec.exported,
        "folder": str(source),
        "state": str(state),
    }


def runtimes(spec: Buildspec, path: str, folder: Path) -> str:
    """A PATH whose `python` and `python3` are of the version that the buildspec names; raises BuildspecError.

    Args:
        spec: the buildspec.
        path: of the build.
        folder: where programs that stand for them may be written; it does not exist.
    """
    version = spec.runtimes.get("python")
    if version is None:
        return path
    program = shutil.which("python3" if version in _ANY else f"python{version}", path=path)
    if program is None:
        raise BuildspecError(
            f"phases/install/runtime-versions: this machine has no python{version} on its PATH; install it, or name the "
            "version that is there"
        )
    folder.mkdir()
    for name in ("python", "python3"):
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.quote(program)} "$@"\n')
        (folder / name).chmod(0o700)
    return f"{folder}{os.pathsep}{path}"


def output_files(spec: Buildspec, output: Artifact, *, alone: bool) -> Files:
    """What goes into an output of a pipeline; raises ArtifactError."""
    files = spec.secondary.get(output.name) or (spec.artifacts if alone else None)
    if files is None:
        place = "artifacts" if alone else f"artifacts/secondary-artifacts/{output.name}"
        raise ArtifactError(f"the buildspec has no {place}, which the pipeline's output {output.name} takes")
    return files


def surroundings(home: Home) -> dict[str, str]:
    """What a build has of this machine: its programs, without this project's own, and its caches.

    Images are built by the sandbox, which `home` leads to; and set-up takes packages from the checkout's environments, as it
    would from those of an image of one's own, where they are what the source asks for. Where no backend is named, Pulumi's is
    the sandbox's own, with its plugins.
    """
    own = str(CHECKOUT)
    path = [each for each in os.environ.get("PATH", os.defpath).split(os.pathsep) if not each.startswith(own)]
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR", "USER") if name in os.environ}
    return {
        **kept,
        **home.pulumi,
        "PATH": os.pathsep.join(path),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "SANDBOX_HOME": str(home.root),
        "SETUP_FROM": own,
    }
