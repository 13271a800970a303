"""The steps of a definition, each read strictly, with its place in the graph."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sandbox.training import cache, retries
from sandbox.training.document import DefinitionError, entries, fields
from sandbox.training.graph import Node
from sandbox.training.intrinsics import IntrinsicError, steps_of
from sandbox.training.parameters import is_of
from sandbox.training.retries import Policy

Type = Literal["Processing", "Training", "Condition", "Fail"]
TYPES: tuple[Type, ...] = get_args(Type)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_OF_ALL = ("Name", "Type", "DisplayName", "Description", "DependsOn", "Arguments")
_OF_TYPE = {
    "Processing": ("CacheConfig", "RetryPolicies", "PropertyFiles"),
    "Training": ("CacheConfig", "RetryPolicies"),
}


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


def steps_in(value: Any, where: str, branch: tuple[str, bool] | None) -> Iterator[tuple[str, Step, Node]]:
    """The steps of a list, each followed by those of its branches; raises DefinitionError.

    Args:
        value: the list.
        where: it stands.
        branch: the condition that it is under, and the outcome at which it runs.
    """
    for one in entries(value, where):
        name, kind = _named(one, where)
        place = f"step {name}"
        allowed = (*_OF_ALL, *_OF_TYPE.get(kind, ()))
        members = fields(one, place, allowed, ("Name", "Type", "Arguments"))
        arguments = dict(fields(members["Arguments"], f"{place}: Arguments", None, ()))
        branches = [
            (arguments.pop(key, []), taken) for key, taken in (("IfSteps", True), ("ElseSteps", False))
        ]
        needs = {
            *entries(members.get("DependsOn", []), f"{place}: DependsOn"),
            *_references(arguments, place),
        }
        yield name, _step(kind, members, arguments, place), Node(frozenset(needs), branch)
        for inner, taken in branches if kind == "Condition" else []:
            yield from steps_in(inner, place, (name, taken))


def _named(value: Any, where: str) -> tuple[str, Type]:
    members = fields(value, where, None, ("Name", "Type"))
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
            _policy(one, place)
            for one in entries(members.get("RetryPolicies", []), f"{place}: RetryPolicies")
        ),
        dict(
            _file(one, place) for one in entries(members.get("PropertyFiles", []), f"{place}: PropertyFiles")
        ),
    )


def _caching(value: Any, place: str) -> tuple[bool, float | None]:
    place = f"{place}: CacheConfig"
    one = fields(value, place, ("Enabled", "ExpireAfter"), ())
    if not isinstance(one.get("Enabled", False), bool):
        raise DefinitionError(f"{place}: Enabled = {json.dumps(one['Enabled'])}: it is true or false")
    try:
        return one.get("Enabled", False), cache.seconds(one["ExpireAfter"]) if "ExpireAfter" in one else None
    except (cache.DurationError, TypeError) as error:
        raise DefinitionError(f"{place}: ExpireAfter: {error}") from None


def _policy(value: Any, place: str) -> Policy:
    place = f"{place}: a retry policy"
    allowed = ("ExceptionType", "IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin")
    one = fields(value, place, allowed, ("ExceptionType",))
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
    if not is_of("Integer" if whole else "Float", value) or not least <= value <= most:
        size = f"of {least} and more" if most == math.inf else f"from {least} to {most}"
        raise DefinitionError(
            f"{place}: {name} = {json.dumps(value)}: it is a {'whole ' if whole else ''}number {size}"
        )
    return float(value)


def _file(value: Any, place: str) -> tuple[str, File]:
    names = ("PropertyFileName", "OutputName", "FilePath")
    one = fields(value, f"{place}: a property file", names, names)
    return one["PropertyFileName"], File(one["OutputName"], one["FilePath"])
