"""A stack file's texts, each read strictly, and one sentence for what is not allowed."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from infra.keys import KEYS

PROJECT = "model-delivery"
# Of a stack file's keys that are not this program's: pulumi-aws reads its own, the engine its own.
_OTHERS = ("aws", "pulumi")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")  # one step of the path in msgspec's messages


class SettingsError(ValueError):
    """Config that is not allowed; the message names the file, the key, the value and what is allowed."""


class Source(NamedTuple):
    """What a stack file says.

    Attributes:
        file: its name.
        config: texts by their keys with namespace, as the engine hands them over: objects as JSON.
    """

    file: str
    config: Mapping[str, str]

    def text(self, key: str) -> str | None:
        return self.config.get(f"{PROJECT}:{key}")

    def refuse_unknown_keys(self) -> None:
        """A line that nothing reads is refused: a guard that is misspelt would not guard."""
        for name, value in self.config.items():
            namespace, _, key = name.partition(":")
            if namespace not in {PROJECT, *_OTHERS}:
                raise SettingsError(
                    f"{self.file}: {name} is {value}, but nothing here reads {namespace}:…; allowed: "
                    + ", ".join(f"{each}:…" for each in (PROJECT, *_OTHERS))
                )
            if namespace == PROJECT and key not in KEYS:
                raise SettingsError(
                    f"{self.file}: {name} is {value}, but {PROJECT} has no such key; allowed: {', '.join(KEYS)}"
                )

    def required(self, name: str, allowed: str) -> str:
        value = self.config.get(name)
        # Of a key that not every target has, the engine's default stands for none.
        if value is None or (value == "{}" and name == f"{PROJECT}:alarms"):
            raise SettingsError(f"{self.file}: {name} is missing; allowed: {allowed}")
        return value

    def matching(self, name: str, pattern: re.Pattern[str], allowed: str) -> str:
        value = self.required(name, allowed)
        if not pattern.fullmatch(value):
            raise SettingsError(f"{self.file}: {name} is {value!r}; allowed: {allowed}")
        return value

    def section(self, key: str) -> Any:
        """Read a value that is JSON, strictly: `"1"` is no number and `1` is no boolean."""
        name = f"{PROJECT}:{key}"
        kind, allowed = KEYS[key]
        return self.converted(name, self.json(name, allowed), kind, allowed)

    def json(self, name: str, allowed: str) -> Any:
        """What the text of a required key holds."""
        text = self.required(name, allowed)
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError as wrong:
            raise SettingsError(f"{self.file}: {name} is {text!r}; allowed: {allowed}") from wrong

    def converted(self, name: str, value: Any, kind: Any, allowed: str) -> Any:
        """The value as the type that it must be; the error names the field in it."""
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as wrong:
            reason, _, path = str(wrong).partition(" - at `$")
            path = path.rstrip("`").partition("[...]")[0]  # it names no key of a mapping
            raise SettingsError(
                f"{self.file}: {name}{path} is {_at(value, path)}: {reason}; allowed: {allowed}"
            ) from wrong


def _at(value: Any, path: str) -> str:
    """What stands at a path such as `.fleet[1]`, as JSON."""
    for field, index in _STEP.findall(path):
        value = value[field] if field else value[int(index)]
    return json.dumps(value)
