"""Recorded exceptions: one reviewed file each, read strictly."""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from modeldelivery.policy.finding import Finding
from modeldelivery.policy.stack import Environment, Resource
from modeldelivery.release.naming import BadNameError, parse_environment

_TYPE = re.compile(r"[\w-]+:[\w/-]+:\w+")
_NAME = re.compile(r"([A-Za-z0-9._-]|\{model\}|\{environment\})+")


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a rule may find, for as long as somebody answers for it.

    Attributes:
        file: the file that records it, relative to the folder.
        rule: the rule's name.
        type: the type of the resource that may break it.
        name: the resource's name in the program; `{model}` and `{environment}` stand for those.
        what: the finding's `what`, word for word; a `*` in it is that character and no pattern.
        environments: where it holds.
        owner: who answers for it.
        reason: why it has to be.
        expires: the last day on which it holds.
    """

    file: str
    rule: str
    type: str
    name: str
    what: str
    environments: tuple[str, ...]
    owner: str
    reason: str
    expires: date

    def is_on(self, resource: Resource, environment: Environment) -> bool:
        """Whether it speaks of this resource."""
        name = self.name.replace("{model}", environment.model).replace("{environment}", environment.name)
        return (resource.type, resource.name) == (self.type, name)

    def covers(self, rule: str, finding: Finding, environment: Environment) -> bool:
        return (
            finding.resource is not None
            and environment.name in self.environments
            and (rule, finding.what) == (self.rule, self.what)
            and self.is_on(finding.resource, environment)
        )


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """All exceptions, and for each file that is not one a sentence that says why."""

    recorded: tuple[Recorded, ...] = ()
    refused: tuple[str, ...] = ()


class BadExceptionError(ValueError):
    """A file that records no exception; the message names file, key, value and what is allowed."""


class _Key(NamedTuple):
    good: Callable[[Any], bool]
    allowed: str


def read_register(folder: Path, *, rules: Collection[str]) -> Register:
    """Read every file of a folder; `rules` are the names that an exception may be from."""
    recorded, refused = [], []
    for path in sorted(folder.glob("*")):  # git keeps no empty folder: none there is none recorded
        text = path.read_text(errors="replace") if path.is_file() else ""
        try:
            recorded.append(parse_exception(path.name, text, rules=rules))
        except BadExceptionError as wrong:
            refused.append(str(wrong))
    return Register(recorded=tuple(recorded), refused=tuple(refused))


def parse_exception(file: str, text: str, *, rules: Collection[str]) -> Recorded:
    """Read one exception.

    Raises:
        BadExceptionError: for the first key that is unknown, missing or not allowed.
    """
    where = f"modeldelivery/policy/exceptions/{file}"
    if not file.endswith(".toml"):
        raise BadExceptionError(f"{where} is no exception; allowed: files NAME.toml")
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise BadExceptionError(f"{where} is not TOML: {wrong}") from wrong
    keys = _keys(rules)
    for key, value in raw.items():
        if key not in keys:
            raise BadExceptionError(
                f"{where}: {key} is {value!r}, but an exception has no such key; allowed: {', '.join(keys)}"
            )
    for key, (good, allowed) in keys.items():
        if key not in raw:
            raise BadExceptionError(f"{where}: {key} is missing; allowed: {allowed}")
        if not good(raw[key]):
            raise BadExceptionError(f"{where}: {key} is {_shown(raw[key])}; allowed: {allowed}")
    return msgspec.convert({**raw, "file": file}, Recorded)


def _keys(rules: Collection[str]) -> Mapping[str, _Key]:
    return {
        "rule": _Key(lambda it: it in rules, f"one of {', '.join(sorted(rules))}"),
        "type": _Key(_matches(_TYPE), "a type such as aws:iam/rolePolicy:RolePolicy, without a wildcard"),
        "name": _Key(
            _matches(_NAME),
            "the resource's name in the program; {model} and {environment} stand for those, and there is no wildcard",
        ),
        "what": _Key(_is_text, "the `what:` line of the finding, word for word"),
        "environments": _Key(_are_environments, 'where it holds, such as ["prod"]'),
        "owner": _Key(_is_text, "the team that answers for it, such as ml-platform"),
        "reason": _Key(_is_text, "why it has to be, in a sentence"),
        "expires": _Key(lambda it: type(it) is date, "the last day on which it holds, such as 2027-06-30"),
    }


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda it: isinstance(it, str) and pattern.fullmatch(it) is not None


def _is_text(it: Any) -> bool:
    return isinstance(it, str) and it.strip() != ""


def _are_environments(it: Any) -> bool:
    try:
        return isinstance(it, list) and [parse_environment(each) for each in it] != []
    except BadNameError:
        return False


def _shown(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else repr(value)
