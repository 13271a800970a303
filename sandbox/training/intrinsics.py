"""The intrinsics of a pipeline definition: values that are only known when an execution runs.

    {"Get": "Parameters.NAME"}                      a parameter
    {"Get": "Execution.NAME"}                       something of the execution, `VARIABLES` lists what
    {"Get": "Steps.NAME.PATH"}                      a member of what Describe answers for the step's job
    {"Std:Join": {"On": text, "Values": [...]}}     a text
    {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.NAME.PropertyFiles.FILE"}, "Path": path}}   of a JSON file

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-properties.html
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

GET, JOIN, JSON_GET = "Get", "Std:Join", "Std:JsonGet"
_NAMES = (GET, JOIN, JSON_GET)
# What `Execution.NAME` may name: the texts of an execution.
VARIABLES = (
    *("PipelineName", "PipelineArn", "PipelineExecutionId", "PipelineExecutionArn"),
    *("StartDateTime", "CurrentDateTime"),
)
_FORMS = "Parameters.NAME, Execution.NAME, Steps.NAME.PATH"
# One part of a path: a member, a place in a list, or a key in quotes.
_PART = re.compile(r"\.?(?P<member>[A-Za-z_][A-Za-z0-9_-]*)|\[(?P<place>\d+)\]|\[(['\"])(?P<key>[^'\"]*)\3\]")
_FILES = "PropertyFiles"

Part = str | int
Path = tuple[Part, ...]


class IntrinsicError(ValueError):
    """What stands in a definition is no intrinsic, or has no value: the text says which and what is allowed."""


@dataclass(frozen=True)
class Parameter:
    """`Parameters.NAME`."""

    name: str


@dataclass(frozen=True)
class Variable:
    """`Execution.NAME`."""

    name: str


@dataclass(frozen=True)
class Property:
    """`Steps.NAME.PATH`: a member of what Describe answers for a step's job."""

    step: str
    path: Path


@dataclass(frozen=True)
class Join:
    """`Std:Join`: the values as texts, `on` between them."""

    on: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class JsonGet:
    """`Std:JsonGet`: a value in the property file of a step."""

    step: str
    file: str
    path: Path


Intrinsic = Parameter | Variable | Property | Join | JsonGet


@dataclass(frozen=True)
class Values:
    """What an execution knows.

    Attributes:
        parameters: by name, as they were given or by default.
        variables: by name, `VARIABLES`.
        properties: by step, what Describe answers for the job of one that has succeeded.
        read: the text of a step's property file; raises IntrinsicError where there is none.
    """

    parameters: Mapping[str, Any]
    variables: Mapping[str, str]
    properties: Mapping[str, Mapping[str, Any]]
    read: Callable[[str, str], str]


def intrinsic(value: Any) -> Intrinsic | None:
    """The intrinsic that a value of a definition is; None for any other value.

    Raises:
        IntrinsicError: it looks like one and is none that the sandbox has.
    """
    if not isinstance(value, dict):
        return None
    if not any(name == GET or name.startswith("Std:") for name in value):
        return None
    if len(value) != 1 or next(iter(value)) not in _NAMES:
        raise IntrinsicError(f"{json.dumps(value)} is no intrinsic of the sandbox's: {', '.join(_NAMES)} are")
    ((name, inner),) = value.items()
    if name == GET:
        return _get(inner)
    return _join(inner) if name == JOIN else _json_get(inner)


def resolve(value: Any, values: Values) -> Any:
    """A value of a definition with every intrinsic in it replaced.

    Raises:
        IntrinsicError: one has no value.
    """
    one = intrinsic(value)
    if one is not None:
        return _value(one, values)
    if isinstance(value, dict):
        return {name: resolve(inner, values) for name, inner in value.items()}
    return [resolve(inner, values) for inner in value] if isinstance(value, list) else value


def intrinsics(value: Any) -> Iterator[Intrinsic]:
    """Every intrinsic in a value, also those inside others; raises IntrinsicError."""
    one = intrinsic(value)
    if one is not None:
        yield one
        if isinstance(one, Join):
            for inner in one.values:
                yield from intrinsics(inner)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from intrinsics(inner)


def steps_of(value: Any) -> set[str]:
    """The steps whose results a value needs: dependencies that nobody has to write down. Raises IntrinsicError."""
    return {one.step for one in intrinsics(value) if isinstance(one, Property | JsonGet)}


def path_of(text: str) -> Path:
    """`a.b[0]['c']` as parts; raises IntrinsicError."""
    parts: list[Part] = []
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise IntrinsicError(f"{text!r} is no path: write names and [places], as in a.b[0]['c']")
        place = part["place"]
        parts.append(int(place) if place is not None else part["member"] or part["key"] or "")
        at = part.end()
    return tuple(parts)


def text_of(value: Any) -> str:
    """As a text, as Std:Join writes values."""
    return value if isinstance(value, str) else json.dumps(value)


def _get(text: Any) -> Intrinsic:
    kind, _, name = text.partition(".") if isinstance(text, str) else ("", "", "")
    if kind == "Parameters" and name:
        return Parameter(name)
    if kind == "Execution" and name in VARIABLES:
        return Variable(name)
    if kind == "Execution":
        raise IntrinsicError(f"{text!r}: an execution has {', '.join(VARIABLES)}")
    step, _, path = name.partition(".")
    if kind != "Steps" or not step or not path:
        raise IntrinsicError(f"{text!r} names nothing: write {_FORMS}")
    return Property(step, path_of(path))


def _join(inner: Any) -> Join:
    if (
        not isinstance(inner, dict)
        or set(inner) - {"On", "Values"}
        or not isinstance(inner.get("Values"), list)
    ):
        raise IntrinsicError(f'{JOIN} {json.dumps(inner)}: write {{"On": text, "Values": [...]}}')
    on = inner.get("On", "")
    if not isinstance(on, str):
        raise IntrinsicError(f"{JOIN} On = {json.dumps(on)}: it is a text")
    for one in inner["Values"]:
        if isinstance(one, list) or (isinstance(one, dict) and intrinsic(one) is None):
            raise IntrinsicError(
                f"{JOIN} Values holds {json.dumps(one)}: texts, numbers and intrinsics can be joined"
            )
    return Join(on, tuple(inner["Values"]))


def _json_get(inner: Any) -> JsonGet:
    form = f'{JSON_GET} {json.dumps(inner)}: write {{"PropertyFile": {{"Get": "Steps.NAME.{_FILES}.FILE"}}, "Path": path}}'
    if not isinstance(inner, dict) or set(inner) != {"PropertyFile", "Path"}:
        raise IntrinsicError(form)
    file = intrinsic(inner["PropertyFile"])
    if not isinstance(file, Property) or len(file.path) != 2 or file.path[0] != _FILES:  # noqa: PLR2004 - as `form` says
        raise IntrinsicError(form)
    if not isinstance(inner["Path"], str) or not inner["Path"]:
        raise IntrinsicError(
            f"{JSON_GET} Path = {json.dumps(inner['Path'])}: it is a path, as in metrics.auc"
        )
    return JsonGet(file.step, str(file.path[1]), path_of(inner["Path"]))


def _value(one: Intrinsic, values: Values) -> Any:
    match one:
        case Parameter(name):
            return _held(values.parameters, name, f"Parameters.{name}")
        case Variable(name):
            return _held(values.variables, name, f"Execution.{name}")
        case Join(on, parts):
            return on.join(text_of(resolve(part, values)) for part in parts)
        case Property(step, path):
            return _at(_held(values.properties, step, f"Steps.{step}"), path, f"Steps.{step}")
        case JsonGet(step, file, path):
            return _in_file(values.read(step, file), path, f"property file {file} of step {step}")


def _held(held: Mapping[str, Any], name: str, where: str) -> Any:
    if name not in held:
        raise IntrinsicError(f"{where} has no value")
    return held[name]


def _in_file(text: str, path: Path, where: str) -> Any:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise IntrinsicError(f"{where} is not JSON: {error}") from None
    value = _at(document, path, where)
    if isinstance(value, dict | list) or value is None:
        raise IntrinsicError(f"{where}: {shown(path)} is {json.dumps(value)[:80]}, not one value")
    return value


def _at(value: Any, path: Path, where: str) -> Any:
    """What is at a path; a text finds the element of a list that is called so."""
    for index, part in enumerate(path):
        if isinstance(value, list) and isinstance(part, str):
            value = {name_of(one): one for one in value if isinstance(one, dict)}
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            raise IntrinsicError(f"{where} has no {shown(path[: index + 1])}") from None
    return value


def name_of(element: Mapping[str, Any]) -> str:
    """What an element of a list of inputs, outputs or channels is called; "" for nothing."""
    return next(
        (str(element[name]) for name in ("InputName", "OutputName", "ChannelName") if name in element), ""
    )


def shown(path: Path) -> str:
    """A path as it is written."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
