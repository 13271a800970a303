"""A policy read strictly from its JSON: an element that is not known is an error, never ignored.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
The product reads policies as well, to compare them (`modeldelivery/review/core/iam`). The sandbox has a reader of its
own, so that a mistake of one shows in the other.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sandbox.iam.core.pattern import lower

_VERSIONS = {"2008-10-17", "2012-10-17"}
_ELEMENTS = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
}
_PRINCIPALS = {"AWS", "Service", "Federated", "CanonicalUser"}
_ACCOUNT = re.compile(r"[0-9]{12}")


class PolicyError(ValueError):
    """A document that is no policy; the message says what and where."""


@dataclass(frozen=True)
class Selection:
    """Those that match one of the patterns or, negated, those that match none."""

    patterns: tuple[str, ...]
    negated: bool


@dataclass(frozen=True)
class Condition:
    """One operator on one key."""

    operator: str  # lower case
    key: str  # lower case
    values: tuple[str, ...]
    shown: str  # "StringEquals kms:ViaService", as the document says it


@dataclass(frozen=True)
class Statement:
    """One statement. Actions are in lower case; a principal is `AWS arn:…`, `Service s3.amazonaws.com` and so on."""

    name: str  # its Sid, else "statement 2"
    allows: bool
    principals: Selection | None
    actions: Selection
    resources: Selection | None
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Policy:
    name: str  # how a refusal calls it: "the policy artifacts of role serving"
    statements: tuple[Statement, ...]


@lru_cache(maxsize=512)
def read(text: str, name: str) -> Policy:
    """Read a policy's JSON. Raises PolicyError."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise PolicyError(f"{name} is not JSON: {error}") from None
    held = _object(document, {"Version", "Id", "Statement"}, name)
    if held.get("Version", "2008-10-17") not in _VERSIONS:
        raise PolicyError(f"{name}: Version {held['Version']!r} is none of {', '.join(sorted(_VERSIONS))}")
    if "Statement" not in held:
        raise PolicyError(f"{name} has no Statement")
    listed = held["Statement"] if isinstance(held["Statement"], list) else [held["Statement"]]
    return Policy(name, tuple(_statement(each, number, name) for number, each in enumerate(listed, 1)))


def _statement(value: object, number: int, policy: str) -> Statement:
    held = _object(value, _ELEMENTS, f"{policy}, statement {number}")
    name = held.get("Sid") or f"statement {number}"
    where = f"{policy}, {name}"
    if held.get("Effect") not in {"Allow", "Deny"}:
        raise PolicyError(f"{where}: Effect {held.get('Effect')!r} is neither Allow nor Deny")
    actions = _selection(held, "Action", where)
    if actions is None:
        raise PolicyError(f"{where} has neither Action nor NotAction")
    return Statement(
        name=str(name),
        allows=held["Effect"] == "Allow",
        principals=_principals(held, where),
        actions=Selection(tuple(map(lower, actions.patterns)), actions.negated),
        resources=_selection(held, "Resource", where),
        conditions=_conditions(held.get("Condition", {}), where),
    )


def _selection(held: dict[str, Any], element: str, where: str) -> Selection | None:
    named = _named(held, element, where)
    if named is None:
        return None
    return Selection(_texts(held[named], f"{where}: {named}"), named != element)


def _principals(held: dict[str, Any], where: str) -> Selection | None:
    """`*` is `{"AWS": "*"}`, and an account's number is its root's ARN (reference_policies_elements_principal.html)."""
    named = _named(held, "Principal", where)
    if named is None:
        return None
    value = {"AWS": "*"} if held[named] == "*" else held[named]
    by_kind = _object(value, _PRINCIPALS, f"{where}: {named}")
    names = tuple(
        f"{kind} {f'arn:aws:iam::{each}:root' if kind == 'AWS' and _ACCOUNT.fullmatch(each) else each}"
        for kind, values in by_kind.items()
        for each in _texts(values, f"{where}: {named} {kind}")
    )
    if not names:
        raise PolicyError(f"{where}: {named} is empty")
    if wild := next((name for name in names if "*" in name and not name.endswith(" *")), None):
        raise PolicyError(f"{where}: {named} {wild!r} has a wildcard; a principal is named whole, or is *")
    return Selection(names, named != "Principal")


def _conditions(value: object, where: str) -> tuple[Condition, ...]:
    conditions = []
    for operator, keys in _object(value, None, f"{where}: Condition").items():
        for key, given in _object(keys, None, f"{where}: {operator}").items():
            shown = f"{operator} {key}"
            conditions.append(
                Condition(lower(operator), lower(key), _values(given, f"{where}: {shown}"), shown)
            )
    return tuple(conditions)


def _values(given: object, where: str) -> tuple[str, ...]:
    """A condition's values as text: booleans and numbers need no quotes."""
    values = given if isinstance(given, list) else [given]
    if not all(isinstance(each, str | bool | int | float) for each in values):
        raise PolicyError(f"{where} is neither a text nor a list of texts")
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in values)


def _texts(value: object, where: str) -> tuple[str, ...]:
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(each, str) for each in texts):
        raise PolicyError(f"{where} is neither a text nor a list of texts")
    return tuple(texts)


def _named(held: dict[str, Any], element: str, where: str) -> str | None:
    """Which of `Action` and `NotAction` (and so on) there is."""
    names = [name for name in (element, f"Not{element}") if name in held]
    if len(names) > 1:
        raise PolicyError(f"{where} has both {element} and Not{element}")
    return names[0] if names else None


def _object(value: object, allowed: set[str] | None, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PolicyError(f"{where} is no object")
    if allowed is not None and (strange := sorted(value.keys() - allowed)):
        raise PolicyError(f"{where} has an element {strange[0]!r}; known are {', '.join(sorted(allowed))}")
    return value
