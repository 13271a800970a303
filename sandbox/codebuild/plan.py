"""What a build's program is given: the plan of its phases, and what it has of this machine; and what goes into an output."""

import os
from pathlib import Path
from typing import Any

from sandbox.codebuild.artifacts import ArtifactError
from sandbox.codebuild.build import Artifact
from sandbox.codebuild.buildspec import PHASES, Buildspec, Files
from sandbox.home import CHECKOUT


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


def output_files(spec: Buildspec, output: Artifact, *, alone: bool) -> Files:
    """What goes into an output of a pipeline; raises ArtifactError."""
    files = spec.secondary.get(output.name) or (spec.artifacts if alone else None)
    if files is None:
        place = "artifacts" if alone else f"artifacts/secondary-artifacts/{output.name}"
        raise ArtifactError(f"the buildspec has no {place}, which the pipeline's output {output.name} takes")
    return files


def surroundings() -> dict[str, str]:
    """What a build has of this machine: its programs, without this project's own, and its caches."""
    own = str(CHECKOUT)
    path = [each for each in os.environ.get("PATH", os.defpath).split(os.pathsep) if not each.startswith(own)]
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR", "USER") if name in os.environ}
    return {**kept, "PATH": os.pathsep.join(path), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
