"""Committed config as the engine hands it to the program, for programs that have no engine."""

import json
from pathlib import Path

import yaml

from infra.settings import Settings, parse
from infra.source import PROJECT, SettingsError

_FIRST, _LAST = "Pulumi.", ".yaml"


def stacks(root: Path) -> list[str]:
    """Names of the environments that have a file in the project's folder."""
    return sorted(path.name[len(_FIRST) : -len(_LAST)] for path in root.glob(f"{_FIRST}*{_LAST}"))


def settings(root: Path, stack: str, file: Path | None = None) -> Settings:
    """One environment, by its file, which is in the project's folder unless it is named.

    Raises:
        SettingsError: there is none, or it says what is not allowed.
    """
    path = file or root / f"{_FIRST}{stack}{_LAST}"
    if not path.exists():
        raise SettingsError(f"{path.name} is not there; environments here are {', '.join(stacks(root))}")
    project = yaml.safe_load((root / "Pulumi.yaml").read_text(encoding="utf-8"))
    defaults = {
        f"{PROJECT}:{key}": declared["default"]
        for key, declared in project["config"].items()
        if "default" in declared
    }
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise SettingsError(f"{path.name} has no config that can be read: {error}") from error
    return parse(
        stack,
        {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in {**defaults, **config}.items()
        },
    )
