"""The parameters of a pipeline: what its definition declares, and what an execution gives."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.training.document import DefinitionError, entries, fields

_KINDS = {"String": str, "Integer": int, "Float": float, "Boolean": bool}


@dataclass(frozen=True)
class Given:
    """A parameter of the pipeline.

    Attributes:
        kind: String, Integer, Float or Boolean.
        default: None where every execution must give one.
        allowed: values that it may have; none for any.
    """

    kind: str
    default: str | int | float | bool | None = None
    allowed: tuple[Any, ...] = ()


def parameters_of(parameters: Mapping[str, Given], given: Mapping[str, str]) -> dict[str, Any]:
    """Every parameter's value for an execution, which gives texts as StartPipelineExecution does.

    Raises:
        DefinitionError: one is missing, unknown, or not what it may be.
    """
    if unknown := [name for name in given if name not in parameters]:
        allowed = ", ".join(parameters) or "none"
        raise DefinitionError(f"the pipeline has no parameter {unknown[0]}: it has {allowed}")
    values = {}
    for name, one in parameters.items():
        value = _typed(name, one.kind, given[name]) if name in given else one.default
        if value is None:
            raise DefinitionError(f"parameter {name} has no default: name it in PipelineParameters")
        if one.allowed and value not in one.allowed:
            raise DefinitionError(
                f"parameter {name} = {value!r}: it may be one of {', '.join(map(str, one.allowed))}"
            )
        values[name] = value
    return values


def _typed(name: str, kind: str, text: str) -> Any:
    if kind == "String":
        return text
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if not is_of(kind, value):
        raise DefinitionError(f"parameter {name} = {text!r} is no {kind}")
    return value


def is_of(kind: str, value: Any) -> bool:
    """Whether a value is of a parameter's kind."""
    if kind == "Float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is _KINDS[kind]


def declared(value: Any) -> tuple[str, Given]:
    """A parameter as a definition declares it, with its name; raises DefinitionError."""
    one = fields(value, "a parameter", ("Name", "Type", "DefaultValue", "EnumValues"), ("Name", "Type"))
    where = f"parameter {one['Name']}"
    kind, default, allowed = one["Type"], one.get("DefaultValue"), entries(one.get("EnumValues", []), where)
    if kind not in _KINDS:
        raise DefinitionError(f"{where}: Type = {json.dumps(kind)}: it is one of {', '.join(_KINDS)}")
    for each in [*allowed, *([] if default is None else [default])]:
        if not is_of(kind, each):
            raise DefinitionError(f"{where}: {json.dumps(each)} is no {kind}")
    return one["Name"], Given(kind, default, tuple(allowed))
