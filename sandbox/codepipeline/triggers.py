"""Which pushes start a pipeline: filters of patterns on tags and branches.

Source: https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-filter.html, syntax-glob.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["tag", "branch"]


class PatternError(ValueError):
    """A pattern that is none; a sentence."""


@dataclass(frozen=True)
class Filter:
    """One filter of a trigger.

    Attributes:
        kind: of the references that it is about.
        includes: patterns of which a name must match one; without any, every name does.
        excludes: patterns of which a name may match none.
    """

    kind: Kind
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    def takes(self, kind: str, name: str) -> bool:
        """Whether a push of a reference of this name passes."""
        if kind != self.kind or any(matches(pattern, name) for pattern in self.excludes):
            return False
        return not self.includes or any(matches(pattern, name) for pattern in self.includes)


def starts(filters: Iterable[Filter], kind: str, name: str) -> bool:
    """Whether a push passes one of the filters."""
    return any(each.takes(kind, name) for each in filters)


def patterns(filters: Iterable[Filter], kind: str) -> list[str]:
    """What names of references of a kind must be like, for whoever pushed one that is not."""
    return [text for one in filters if one.kind == kind for text in one.includes or (f"any {kind}",)]


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern means a name; raises PatternError."""
    return re.fullmatch(_expression(pattern), name) is not None


def check(pattern: str) -> None:
    """Raise PatternError for a pattern that is none."""
    _expression(pattern)


def _expression(pattern: str) -> str:
    """`*` stands for any text without a slash, `**` for any, `?` for a character, `[ab]`, `[!a]`, `{ab,cd}` as in a shell."""
    pieces, at, depth = [], 0, 0
    while at < len(pattern):
        rest, character = pattern[at:], pattern[at]
        if rest.startswith("**"):
            pieces.append(".*")
            at += 2
            continue
        if character == "[":
            closing = pattern.find("]", at + 2)
            if closing < 0:
                raise PatternError(f"{pattern!r} has a [ without its ]")
            inner = pattern[at + 1 : closing].replace("\\", r"\\").replace("[", r"\[").replace("^", r"\^")
            pieces.append(f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]")
            at = closing + 1
            continue
        depth += (character == "{") - (character == "}")
        if depth not in {0, 1}:
            raise PatternError(f"{pattern!r} has a {character} that does not fit")
        if character == "\\":
            at += 1
            character = pattern[at : at + 1]
            pieces.append(re.escape(character))
        elif depth and character == ",":
            pieces.append("|")
        else:
            pieces.append(
                {"*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}.get(character) or re.escape(character)
            )
        at += 1
    if depth:
        raise PatternError(f"{pattern!r} has a {{ without its }}")
    expression = "".join(pieces)
    try:
        re.compile(expression)
    except re.error as error:
        raise PatternError(f"{pattern!r} is no pattern: {error}") from None
    return expression
