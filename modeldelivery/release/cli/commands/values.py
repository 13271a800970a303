"""What may be written after an option. Each reader raises ValueError, which says what to write instead."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def text(given: str) -> str:
    """Words of a person."""
    words = decoded(given).strip()
    if not words:
        raise ValueError("it is empty: write a few words")
    return words


def decoded(given: str) -> str:
    """A shell whose locale is not UTF-8 hands its bytes over all the same (PEP 383). Raises ValueError for what is no UTF-8."""
    return os.fsencode(given).decode() if any("\ud800" <= c <= "\udfff" for c in given) else given


def revision(text: str) -> str:
    return _matching(text, r"sha256:[0-9a-f]{64}", "sha256:<64 hex digits>")


def commit(text: str) -> str:
    return _matching(text, r"[0-9a-f]{40}", "40 hex digits, as `git rev-parse HEAD` prints them")


def month(text: str) -> str:
    return _matching(text, r"[0-9]{4}-(0[1-9]|1[0-2])", "YYYY-MM, for example 2013-03")


def _matching(text: str, pattern: str, allowed: str) -> str:
    if not re.fullmatch(pattern, text):
        raise ValueError(f"{text!r}: write {allowed}")
    return text


def pair(text: str) -> tuple[str, Any]:
    name, equals, value = decoded(text).partition("=")
    if not name or not equals or not value:
        raise ValueError(f"{text!r}: write NAME=VALUE, for example trees=200")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def document(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    if not path:
        raise ValueError(f"{text!r}: write NAME=FILE, for example validation.json=validation/validation.json")
    return _matching(
        name,
        r"(?=.{1,64}$)[a-z0-9]+([-._][a-z0-9]+)*",
        "lowercase letters, digits and single '-', '.' and '_' between them, 64 characters at most",
    ), Path(path)


def execution(text: str) -> str:
    return _matching(
        text,
        r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:pipeline/[A-Za-z0-9-]{1,256}/execution/[a-z0-9]{12}",
        "an execution's ARN, arn:aws:sagemaker:REGION:ACCOUNT:pipeline/NAME/execution/ID",
    )


def seconds(text: str) -> float:
    return _number(text, float, "seconds, for example 60")


def count(text: str) -> int:
    return _number(text, int, "a whole number above 0")


def up_to(most: int) -> Callable[[str], int]:
    """A whole number from 1 to the most that is allowed."""

    def read(text: str) -> int:
        number = count(text)
        if number > most:
            raise ValueError(f"{text!r}: write a whole number from 1 to {most}")
        return number

    return read


def _number(text: str, kind: Callable[[str], T], allowed: str) -> T:
    try:
        number = kind(text)
    except ValueError as error:
        raise ValueError(f"{text!r}: write {allowed}") from error
    if not 0 < float(str(number)) < float("inf"):
        raise ValueError(f"{text!r}: write {allowed}")
    return number
