"""What the checkout that a command is typed in says of a training: its commit, and the parameters in params.yaml."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from modeldelivery.release.cli.project import project_of, read_yaml
from modeldelivery.release.errors import InvalidError

PARAMETERS = "params.yaml"


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


class _Months(msgspec.Struct, frozen=True):
    first: str | None = None
    until: str | None = None


class _Parameters(msgspec.Struct, frozen=True):
    """The part of params.yaml that a training is given; `dvc.yaml` reads the same file."""

    months: _Months = _Months()
    fit: dict[str, int | float | str | bool] = {}
    evaluation: dict[str, int | float | str | bool] = {}


def checkout(folder: Path) -> Checkout:
    """Of a working directory; everything that is not there is None.

    Raises:
        InvalidError: params.yaml cannot be read.
    """
    project = project_of(folder) or folder
    parameters = _read(project / PARAMETERS)
    commit = _git(project, "rev-parse", "--verify", "HEAD^{commit}")
    return Checkout(
        commit=commit,
        changed=bool(commit and _git(project, "status", "--porcelain", "--untracked-files=no")),
        first=parameters.months.first,
        until=parameters.months.until,
        fit=parameters.fit,
        evaluation=parameters.evaluation,
    )


def _read(file: Path) -> _Parameters:
    if not file.is_file():
        return _Parameters()
    try:
        return msgspec.convert(read_yaml(file), _Parameters)
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
