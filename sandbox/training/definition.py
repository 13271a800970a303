"""A pipeline definition, read strictly: what the sandbox would not act on is refused by name, where it stands.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/define-pipeline.html, and what the SDK renders.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sandbox.training import cache, conditions, retries
from sandbox.training.arguments import mistakes
from sandbox.training.graph import Graph, Node, circle
from sandbox.training.intrinsics import (
    IntrinsicError,
    Join,
    JsonGet,
    Parameter,
    Property,
    Variable,
    intrinsics,
    steps_of,
)
from sandbox.training.retries import Policy

VERSION = "2020-12-01"
Type = Literal["Processing", "Training", "Condition", "Fail"]
TYPES: tuple[Type, ...] = get_args(Type)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_KINDS = {"String": str, "Integer": int, "Float": float, "Boolean": bool}
_OF_ALL = ("Name", "Type", "DisplayName", "Description", "DependsOn", "Arguments")
_OF_TYPE = {
    "Processing": ("CacheConfig", "RetryPolicies", "PropertyFiles"),
    "Training": ("CacheConfig", "RetryPolicies"),
}


class DefinitionError(ValueError):
    """A definition that SageMaker refuses, or that the sandbox does not act on: where, what, what is allowed."""


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


@dataclass(frozen=True)
class File:
    """A property file: `path` in the output `output` of a processing step."""

    output: str
    path: str


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        type: what it is.
        arguments: as they stand in the definition; of a condition, without its branches.
        shown: DisplayName and Description, as they are listed.
        caching: whether earlier runs may stand for it.
        expire_after: seconds that they may; None for ever.
        policies: when it is retried.
        files: its property files by name.
    """

    type: Type
    arguments: Mapping[str, Any]
    shown: Mapping[str, str]
    caching: bool
    expire_after: float | None
    policies: tuple[Policy, ...]
    files: Mapping[str, File]


@dataclass(frozen=True)
class Definition:
    """A pipeline: parameters and steps by name, those of branches as well, and the order that they run in."""

    parameters: Mapping[str, Given]
    steps: Mapping[str, Step]
    graph: Graph


def read(text: str) -> Definition:
    """Read a definition; raises DefinitionError."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise DefinitionError(f"the definition is not JSON: {error}") from None
    top = _members(
        document,
        "the definition",
        ("Version", "Metadata", "Parameters", "PipelineExperimentConfig", "Steps"),
        ("Version", "Steps"),
    )
    if top["Version"] != VERSION:
        raise DefinitionError(f"Version = {json.dumps(top['Version'])}: it is {VERSION!r}")
    parameters = dict(_parameter(one) for one in _list(top.get("Parameters", []), "Parameters"))
    steps: dict[str, Step] = {}
    graph: dict[str, Node] = {}
    for name, step, node in _steps(top["Steps"], "Steps", None):
        if name in steps:
            raise DefinitionError(f"two steps are called {name}")
        steps[name], graph[name] = step, node
    definition = Definition(parameters, steps, graph)
    _check(definition)
    return definition


def parameters_of(definition: Definition, given: Mapping[str, str]) -> dict[str, Any]:
    """Every parameter's value for an execution, which gives texts as StartPipelineExecution does.

    Raises:
        DefinitionError: one is missing, unknown, or not what it may be.
    """
    if unknown := [name for name in given if name not in definition.parameters]:
        allowed = ", ".join(definition.parameters) or "none"
        raise DefinitionError(f"the pipeline has no parameter {unknown[0]}: it has {allowed}")
    values = {}
    for name, one in definition.parameters.items():
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
    if not _is(kind, value):
        raise DefinitionError(f"parameter {name} = {text!r} is no {kind}")
    return value


def _is(kind: str, value: Any) -> bool:
    if kind == "Float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is _KINDS[kind]


def _parameter(value: Any) -> tuple[str, Given]:
    one = _members(value, "a parameter", ("Name", "Type", "DefaultValue", "EnumValues"), ("Name", "Type"))
    where = f"parameter {one['Name']}"
    kind, default, allowed = one["Type"], one.get("DefaultValue"), _list(one.get("EnumValues", []), where)
    if kind not in _KINDS:
        raise DefinitionError(f"{where}: Type = {json.dumps(kind)}: it is one of {', '.join(_KINDS)}")
    for each in [*allowed, *([] if default is None else [default])]:
        if not _is(kind, each):
            raise DefinitionError(f"{where}: {json.dumps(each)} is no {kind}")
    return one["Name"], Given(kind, default, tuple(allowed))


def _steps(value: Any, where: str, branch: tuple[str, bool] | None) -> Iterator[tuple[str, Step, Node]]:
    """The steps of a list, each followed by those of its branches."""
    for one in _list(value, where):
        name, kind = _named(one, where)
        place = f"step {name}"
        allowed = (*_OF_ALL, *_OF_TYPE.get(kind, ()))
        members = _members(one, place, allowed, ("Name", "Type", "Arguments"))
        arguments = dict(_members(members["Arguments"], f"{place}: Arguments", None, ()))
        branches = [
            (arguments.pop(key, []), taken) for key, taken in (("IfSteps", True), ("ElseSteps", False))
        ]
        needs = {*_list(members.get("DependsOn", []), f"{place}: DependsOn"), *_references(arguments, place)}
        yield name, _step(kind, members, arguments, place), Node(frozenset(needs), branch)
        for inner, taken in branches if kind == "Condition" else []:
            yield from _steps(inner, place, (name, taken))


def _named(value: Any, where: str) -> tuple[str, Type]:
    members = _members(value, where, None, ("Name", "Type"))
    name, kind = members["Name"], members["Type"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DefinitionError(f"step {json.dumps(name)}: a name has 1 to 64 letters, digits, - and _")
    if kind not in TYPES:
        raise DefinitionError(
            f"step {members['Name']}: the sandbox runs no step of type {kind}: {', '.join(TYPES)}"
        )
    return name, kind


def _references(arguments: Any, place: str) -> set[str]:
    try:
        return steps_of(arguments)
    except IntrinsicError as error:
        raise DefinitionError(f"{place}: {error}") from None


def _step(kind: Type, members: Mapping[str, Any], arguments: Mapping[str, Any], place: str) -> Step:
    caching, expire_after = _caching(members.get("CacheConfig", {}), place)
    return Step(
        kind,
        arguments,
        {f"Step{key}": members[key] for key in ("DisplayName", "Description") if key in members},
        caching,
        expire_after,
        tuple(
            _policy(one, place) for one in _list(members.get("RetryPolicies", []), f"{place}: RetryPolicies")
        ),
        dict(_file(one, place) for one in _list(members.get("PropertyFiles", []), f"{place}: PropertyFiles")),
    )


def _caching(value: Any, place: str) -> tuple[bool, float | None]:
    place = f"{place}: CacheConfig"
    one = _members(value, place, ("Enabled", "ExpireAfter"), ())
    if not isinstance(one.get("Enabled", False), bool):
        raise DefinitionError(f"{place}: Enabled = {json.dumps(one['Enabled'])}: it is true or false")
    try:
        return one.get("Enabled", False), cache.seconds(one["ExpireAfter"]) if "ExpireAfter" in one else None
    except (cache.DurationError, TypeError) as error:
        raise DefinitionError(f"{place}: ExpireAfter: {error}") from None


def _policy(value: Any, place: str) -> Policy:
    place = f"{place}: a retry policy"
    allowed = ("ExceptionType", "IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin")
    one = _members(value, place, allowed, ("ExceptionType",))
    faults = one["ExceptionType"] if isinstance(one["ExceptionType"], list) else [one["ExceptionType"]]
    for fault in faults:
        if fault not in retries.EXCEPTIONS:
            names = ", ".join(retries.EXCEPTIONS)
            raise DefinitionError(f"{place}: ExceptionType {json.dumps(fault)} is none of {names}")
    if {"MaxAttempts", "ExpireAfterMin"} <= one.keys():
        raise DefinitionError(f"{place}: only one of MaxAttempts and ExpireAfterMin can be given")
    usual = Policy(())
    attempts, expiry = usual.attempts, None
    if "ExpireAfterMin" in one:
        attempts, expiry = None, _number(one, "ExpireAfterMin", place, (0, retries.LONGEST_EXPIRY))
    elif "MaxAttempts" in one:
        attempts = int(_number(one, "MaxAttempts", place, (1, retries.MOST_ATTEMPTS)))
    interval, backoff = usual.interval, usual.backoff
    if "IntervalSeconds" in one:
        interval = _number(one, "IntervalSeconds", place, (0, retries.LONGEST_INTERVAL))
    if "BackoffRate" in one:
        backoff = _number(one, "BackoffRate", place, (0, math.inf), whole=False)
    return Policy(tuple(faults), interval, backoff, attempts, expiry)


def _number(
    one: Mapping[str, Any], name: str, place: str, within: tuple[float, float], *, whole: bool = True
) -> float:
    value, (least, most) = one[name], within
    if not _is("Integer" if whole else "Float", value) or not least <= value <= most:
        size = f"of {least} and more" if most == math.inf else f"from {least} to {most}"
        raise DefinitionError(
            f"{place}: {name} = {json.dumps(value)}: it is a {'whole ' if whole else ''}number {size}"
        )
    return float(value)


def _file(value: Any, place: str) -> tuple[str, File]:
    names = ("PropertyFileName", "OutputName", "FilePath")
    one = _members(value, f"{place}: a property file", names, names)
    return one["PropertyFileName"], File(one["OutputName"], one["FilePath"])


def _check(definition: Definition) -> None:
    """Everything that takes more than one step to see, and the steps' arguments."""
    for name, node in definition.graph.items():
        for needed in sorted(node.needs):
            if needed not in definition.steps:
                raise DefinitionError(
                    f"step {name} needs a step {needed}, which the definition does not have"
                )
            if definition.steps[needed].type in {"Condition", "Fail"}:
                kind = definition.steps[needed].type
                raise DefinitionError(
                    f"step {name} cannot depend on {needed}, which is a {kind} step: put it into a branch"
                )
    if around := circle(definition.graph):
        raise DefinitionError(f"steps wait for each other: {' → '.join(around)}")
    for name, step in definition.steps.items():
        for text in _mistakes(definition, step):
            raise DefinitionError(f"step {name}: {text}")


def _mistakes(definition: Definition, step: Step) -> Iterator[str]:
    try:
        for one in intrinsics(step.arguments):
            yield from _unresolved(definition, one)
        if step.type == "Condition":
            yield from conditions.mistakes(step.arguments)
        elif step.type == "Fail":
            _members(step.arguments, "Arguments", ("ErrorMessage",), ("ErrorMessage",))
        else:
            kinds = {name: one.kind for name, one in definition.parameters.items()}
            types = {name: one.type for name, one in definition.steps.items()}
            yield from mistakes(step.type, step.arguments, kinds, types)
            yield from _files(step)
    except IntrinsicError as error:
        yield str(error)


def _unresolved(
    definition: Definition, one: Parameter | Variable | Property | Join | JsonGet
) -> Iterator[str]:
    if isinstance(one, Parameter) and one.name not in definition.parameters:
        yield f"the definition has no parameter {one.name}: it has {', '.join(definition.parameters) or 'none'}"
    if isinstance(one, JsonGet) and one.file not in definition.steps[one.step].files:
        files = ", ".join(definition.steps[one.step].files) or "none"
        yield f"step {one.step} has no property file {one.file}: it has {files}"


def _files(step: Step) -> Iterator[str]:
    outputs = {
        one.get("OutputName") for one in step.arguments.get("ProcessingOutputConfig", {}).get("Outputs", [])
    }
    for name, file in step.files.items():
        if file.output not in outputs:
            yield f"property file {name} is in output {file.output}, which the step does not have"


def _members(
    value: Any, where: str, allowed: tuple[str, ...] | None, needed: tuple[str, ...]
) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise DefinitionError(f"{where}: {json.dumps(value)[:80]} is no object")
    for name in value:
        if allowed is not None and name not in allowed:
            raise DefinitionError(f"{where}: {name} is not known here: {', '.join(allowed)}")
    for name in needed:
        if name not in value:
            raise DefinitionError(f"{where}: {name} is missing")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise DefinitionError(f"{where}: {json.dumps(value)[:80]} is no list")
    return value
