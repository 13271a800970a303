"""What a change does to what a model is made of: months, parameters, suites and thresholds, code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

PARAMETERS = "params.yaml"  # told by its values
_POINTER = ".csv.dvc"
_WORDS = {"A": "new", "M": "other", "D": "gone"}


@dataclass(frozen=True)
class Month:
    """A month of a table that a change touches; `what` is new, other (its bytes are) or gone."""

    table: str
    month: str
    what: str


@dataclass(frozen=True)
class Parameter:
    """A parameter with another value; None where it is not there."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Changes:
    """All that differs, in the order in which it is told.

    Attributes:
        demands: files that say what data and models are held to: suites and thresholds.
        code: any other file that a stage depends on.
    """

    months: tuple[Month, ...]
    parameters: tuple[Parameter, ...]
    demands: tuple[str, ...]
    code: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.months or self.parameters or self.demands or self.code)


def changes(
    files: Mapping[str, str],
    deps: Iterable[str],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> Changes:
    """Sort the files that differ by what they mean to the model; those that no stage depends on mean nothing.

    Args:
        files: status (A, M, D) by path, as Git tells it.
        deps: of all stages, folders among them.
        before: `params.yaml` as it was.
        after: as it is.
    """
    wanted = tuple(deps)
    touched = {path: status for path, status in sorted(files.items()) if _under(path, wanted)}
    months = tuple(_month(path, status) for path, status in touched.items() if path.endswith(_POINTER))
    others = [path for path in touched if not path.endswith(_POINTER) and path != PARAMETERS]
    demands = tuple(path for path in others if "/suites/" in path or path.endswith("/thresholds.toml"))
    return Changes(
        months=months,
        parameters=tuple(_parameters(_flat(before), _flat(after))),
        demands=demands,
        code=tuple(path for path in others if path not in demands),
    )


def _under(path: str, deps: tuple[str, ...]) -> bool:
    return any(path == dep or path.startswith(f"{dep}/") for dep in deps)


def _month(path: str, status: str) -> Month:
    pure = PurePosixPath(path)
    return Month(pure.parent.name, pure.name.removesuffix(_POINTER), _WORDS.get(status, "other"))


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = str(value)
    return flat


def _parameters(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Parameter]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield Parameter(name, before.get(name), after.get(name))
