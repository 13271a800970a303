"""Reads the part of a Dockerfile that the sandbox can build; anything else is refused by name and line."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))")
# Recorded in the image's history, without effect here: the base and what RUN installs are the serving environment's.
_RECORDED = {"FROM", "ARG", "RUN", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "SHELL"}


class DockerfileError(ValueError):
    """A line that the sandbox cannot build."""


@dataclass(frozen=True)
class Copy:
    sources: tuple[str, ...]  # relative to the context
    target: str  # absolute; ends in "/" when it names a folder


@dataclass
class Dockerfile:
    """What a build needs."""

    copies: list[Copy] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)


def parse(text: str) -> Dockerfile:
    """Read a Dockerfile; raises DockerfileError naming the line and what is allowed."""
    parsed = Dockerfile()
    arguments: dict[str, str] = {}
    for number, line in _lines(text):
        word, _, rest = line.partition(" ")
        instruction, rest = word.upper(), rest.strip()
        parsed.history.append(line)
        if instruction == "ARG":
            name, _, default = rest.partition("=")
            arguments[name] = default
        elif instruction == "ENV":
            parsed.env |= _pairs(instruction, _expand(rest, arguments | parsed.env), number)
        elif instruction == "LABEL":
            parsed.labels |= _pairs(instruction, _expand(rest, arguments | parsed.env), number)
        elif instruction == "WORKDIR":
            parsed.workdir = str(PurePosixPath(parsed.workdir) / _expand(rest, arguments | parsed.env))
        elif instruction == "COPY":
            parsed.copies.append(_copy(_expand(rest, arguments | parsed.env), parsed.workdir, number))
        elif instruction in {"ENTRYPOINT", "CMD"}:
            words = _exec_form(instruction, rest, number)
            if instruction == "ENTRYPOINT":
                parsed.entrypoint = words
            else:
                parsed.command = words
        elif instruction not in _RECORDED:
            allowed = ", ".join(sorted(_RECORDED | {"ENV", "LABEL", "WORKDIR", "COPY", "ENTRYPOINT", "CMD"}))
            raise DockerfileError(f"line {number}: the sandbox does not build {word}; it knows {allowed}")
    if not parsed.entrypoint:
        raise DockerfileError(
            'no ENTRYPOINT: a SageMaker container needs one, as in ENTRYPOINT ["python", "serve.py"]'
        )
    return parsed


def _lines(text: str) -> Iterator[tuple[int, str]]:
    joined, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        start = start or number
        if line.endswith("\\"):
            joined += line[:-1].rstrip() + " "
            continue
        yield start, joined + line
        joined, start = "", 0
    if joined:
        yield start, joined.rstrip()


def _expand(text: str, variables: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda m: variables.get(m[1] or m[3], m[2] or ""), text)


def _pairs(instruction: str, text: str, number: int) -> dict[str, str]:
    pairs = {}
    for word in shlex.split(text):
        name, equals, value = word.partition("=")
        if not equals:
            raise DockerfileError(f"line {number}: write {instruction} {name}=value")
        pairs[name] = value
    return pairs


def _copy(text: str, workdir: str, number: int) -> Copy:
    words = json.loads(text) if text.startswith("[") else shlex.split(text)
    if any(word.startswith("--") for word in words):
        raise DockerfileError(f"line {number}: COPY {words[0]} is not known here; write COPY source… target")
    if len(words) < 2:  # noqa: PLR2004 - a source and a target
        raise DockerfileError(f"line {number}: COPY needs a source and a target")
    *sources, target = words
    folder = target.endswith(("/", "/.")) or target == "." or len(sources) > 1
    absolute = str(PurePosixPath(workdir) / target)
    return Copy(tuple(sources), absolute.rstrip("/") + "/" if folder else absolute)


def _exec_form(instruction: str, text: str, number: int) -> list[str]:
    try:
        words = json.loads(text)
    except json.JSONDecodeError:
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise DockerfileError(
            f'line {number}: write {instruction} as a JSON list, as in {instruction} ["python", "serve.py"]: '
            "the shell form takes SIGTERM away from the server"
        )
    return words
