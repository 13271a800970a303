"""Values of a manifest, of which a document may hold any where a manifest has another."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

Manifest = Mapping[str, Any]

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_BINARY = {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)}
_DECIMAL = {letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)}
_SMALL = {letter: Decimal(1000) ** -power for power, letter in enumerate("mun", 1)}
_SUFFIXES = {**_BINARY, **_DECIMAL, **_SMALL}


def mapping(value: Any) -> Manifest:
    return value if isinstance(value, Mapping) else {}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    return [str(each) for each in listed(value)]


def at(manifest: Any, *keys: str) -> Any:
    """What stands below some keys; None where nothing does."""
    for key in keys:
        manifest = mapping(manifest).get(key)
    return manifest


def quantity(value: Any) -> Decimal | None:
    """Of `500m`, `4Gi`, `27` or 2; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value)
    suffix = next((each for each in _SUFFIXES if text.endswith(each)), "")
    try:
        number = Decimal(text.removesuffix(suffix))
    except InvalidOperation:
        return None
    return number * _SUFFIXES.get(suffix, Decimal(1)) if number.is_finite() else None
