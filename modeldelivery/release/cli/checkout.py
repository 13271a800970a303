"""What the checkout that a command is typed in says of a training: its commit, and the parameters in params.yaml."""

import subprocess
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from modeldelivery.release.cli.project import project_of, read_yaml
from modeldelivery.release.errors import InvalidError

PARAMETERS = "params.yaml"
_CLOSE = 0.75  # of difflib's ratio, from which on a key is taken for a slip


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """What is there.

    Attributes:
        commit: 40 hex digits; None outside of a Git work tree.
        changed: whether files that Git keeps differ from it.
        first, until: months; None where params.yaml does not name them.
        fit: parameters of the recipe, by name.
        evaluation: the engine that measures a model, and its options.
    """

    commit: str | None = None
    changed: bool = False
    first: str | None = None
    until: str | None = None
    fit: Mapping[str, Any] = {}
    evaluation: Mapping[str, Any] = {}


class Months(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: str | None = None
    until: str | None = None


class Parameters(msgspec.Struct, frozen=True):
    """The part of params.yaml that this project's stages take; `dvc.yaml` reads the same file, and stages of one's own other keys."""

    model: str | None = None
    months: Months = Months()
    fit: dict[str, int | float | str | bool] = {}
    evaluation: dict[str, int | float | str | bool] = {}


def checkout(folder: Path) -> Checkout:
    """Of a working directory; everything that is not there is None.

    Raises:
        InvalidError: params.yaml cannot be read.
    """
    project = project_of(folder) or folder
    parameters = read_parameters(project / PARAMETERS)
    commit = _git(project, "rev-parse", "--verify", "HEAD^{commit}")
    return Checkout(
        commit=commit,
        changed=bool(commit and _git(project, "status", "--porcelain", "--untracked-files=no")),
        first=parameters.months.first,
        until=parameters.months.until,
        fit=parameters.fit,
        evaluation=parameters.evaluation,
    )


def read_parameters(file: Path) -> Parameters:
    """Of a file that may not be there.

    Raises:
        InvalidError: it cannot be read, holds what is not allowed, or has a key that is all but one of its own.
    """
    document = read_yaml(file) if file.is_file() else {}
    keys = Parameters.__struct_fields__
    for key in document:
        meant = get_close_matches(str(key), keys, n=1, cutoff=_CLOSE)
        if meant and key not in keys:
            raise InvalidError(
                f"{file}: {key} is {document[key]!r}, and no stage reads it; did you mean {meant[0]}?",
                hint=f"the keys are {', '.join(keys)}; one of a stage of your own needs a name that is less like them",
            )
    try:
        return msgspec.convert(document, Parameters)
    except msgspec.ValidationError as error:
        raise InvalidError(
            f"{file}: {error}", hint='write months: {first: "2013-01", until: "2013-03"} and fit: {seed: 0}'
        ) from error


def _git(folder: Path, *command: str) -> str | None:
    """What Git prints; None where it is not installed, or the folder is in no work tree of its."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *command], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout.strip()
