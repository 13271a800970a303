"""Committed config as the engine hands it to the program, for programs that have no engine."""

import json
from pathlib import Path
from typing import Any

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
    return parse(
        stack,
        {
            key: value if isinstance(value, str) else json.dumps(value, default=str)
            for key, value in {**defaults, **_config(path)}.items()
        },
    )


def _config(path: Path) -> dict[str, Any]:
    """What a stack's file holds, each key with its namespace, which the engine lets be left out. Raises SettingsError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name} cannot be read: {error}") from error
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise SettingsError(
            f"{path.name}: config is {json.dumps(config, default=str)}; allowed: keys such as {PROJECT}:owner, and their values"
        )
    return {
        key if ":" in key else f"{PROJECT}:{key}": value
        for key, value in ((str(name), value) for name, value in config.items())
    }
