"""A manifest's values, where a preview may have anything."""

from collections.abc import Mapping
from typing import Any


def at(manifest: Any, *keys: str) -> Any:
    """What stands below some keys; None where nothing does."""
    for key in keys:
        manifest = manifest.get(key) if isinstance(manifest, Mapping) else None
    return manifest


def listed(value: Any) -> list[Any]:
    """The list; nothing of what is none."""
    return value if isinstance(value, list) else []
