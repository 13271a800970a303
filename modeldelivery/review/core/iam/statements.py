"""A policy's statements, read strictly from JSON and brought to one form.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import re
import string
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

OLDER, NEWER = "2008-10-17", "2012-10-17"  # the first is the default, and knows no policy variables
MAX_CHARACTERS = 2**20  # of a document; AWS takes none above 32 KB
MAX_VALUE = 2**14  # characters of one string
ALLOW, DENY, EITHER = "Allow", "Deny", ""

_PRINCIPALS = {"AWS", "Federated", "Service", "CanonicalUser"}
_ELEMENTS = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
}
_ACCOUNT = re.compile(r"[0-9]{12}")
# Not str.lower(): it would make the Kelvin sign a k, and AWS would not
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class PolicyError(ValueError):
    """A document that is no policy, or too big to compare; the message says what and where."""


class Selection(msgspec.Struct, frozen=True):
    """Principals, actions or resources: those that match one of the patterns or, negated, those that match none.

    Actions are in lower case; a principal is `AWS …`, `Service …` and so on, an account by its ARN.
    """

    negated: bool
    patterns: tuple[str, ...]


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One operator on one key; `shown` is how the document says it. Not `known`: some of it is not known yet."""

    operator: str  # lower case
    key: str  # lower case
    values: tuple[str, ...]
    shown: str
    is_known: bool


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement; an effect that is not known yet is EITHER.

    `known` is False when nothing of it is known, `settled` when something of it is not.
    """

    label: str
    effect: str
    principals: Selection | None
    actions: Selection
    resources: Selection | None
    conditions: tuple[Condition, ...] = ()
    is_known: bool = True
    settled: bool


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """One document. `unknown`: some of it is not known yet; `variables`: a `${` occurs in it."""

    version: str
    statements: tuple[Statement, ...]
    unknown: bool
    variables: bool


def read(document: object, unknown: str, name: str) -> Policy | None:
    """Read a policy, text or decoded; None when all of it is not known yet.

    Args:
        document: JSON text, or what it decodes to.
        unknown: the text that stands for what is not known yet.
        name: how an error names the document, such as "the new policy".

    Raises:
        PolicyError: it is no policy, or too big.
    """
    if isinstance(document, str):
        if document == unknown:
            return None
        try:
            document = _decoded(document, name)
        except json.JSONDecodeError as error:
            if unknown in str(document):
                return None  # what is not known may be what it lacks to be JSON
            raise PolicyError(f"{name} is not JSON: {error}") from error
    strings = _strings_within(document, name)
    held = _mapping(document, {"Version", "Id", "Statement"}, name)
    if "Statement" not in held:
        raise PolicyError(f"{name} has no Statement")
    version = held.get("Version", OLDER)
    holds_unknown = any(unknown in each for each in strings)
    if not isinstance(version, str) or (version not in (OLDER, NEWER) and unknown not in version):
        raise PolicyError(f"{name}: Version {version!r} is neither {OLDER} nor {NEWER}")
    listed = held["Statement"] if isinstance(held["Statement"], list) else [held["Statement"]]
    statements = tuple(_statement(each, n, unknown, name) for n, each in enumerate(listed, 1))
    return Policy(
        version=version,
        statements=statements,
        unknown=holds_unknown,
        variables=any("${" in each for each in strings),
    )


def lower(text: str) -> str:
    """ASCII letters in lower case."""
    return text.translate(_LOWER)


def _decoded(text: str, name: str) -> object:
    if len(text) > MAX_CHARACTERS:
        raise PolicyError(f"{name} has {len(text)} characters; at most {MAX_CHARACTERS} are compared")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """AWS and Python may each take another one of two that have the same name."""
        for key, times in Counter(key for key, _ in pairs).items():
            if times > 1:
                raise PolicyError(f"{name} has {key!r} {times} times in one object")
        return dict(pairs)

    def refuse(constant: str) -> object:
        raise PolicyError(f"{name} is not JSON: it has {constant}")

    try:
        decoded: object = json.loads(text, object_pairs_hook=once, parse_float=Decimal, parse_constant=refuse)
    except RecursionError as error:
        raise PolicyError(f"{name} is nested too deep to be a policy") from error
    except (json.JSONDecodeError, PolicyError):
        raise
    except ValueError as error:  # a number of thousands of digits
        raise PolicyError(f"{name} is not JSON: {error}") from error
    return decoded


def _strings_within(document: object, name: str) -> list[str]:
    """All keys and strings, none of which is too long, nor all together."""
    strings: list[str] = []
    characters, ahead = 0, [document]
    while ahead:
        each = ahead.pop()
        if isinstance(each, str):
            strings.append(each)
            if len(each) > MAX_VALUE:
                raise PolicyError(
                    f"{name} has a string of {len(each)} characters; at most {MAX_VALUE} are compared"
                )
        elif isinstance(each, dict):
            ahead += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            ahead += each
        characters += 1 + (len(each) if isinstance(each, str) else 0)
        if characters > MAX_CHARACTERS:
            raise PolicyError(
                f"{name} has more than {MAX_CHARACTERS} characters, which is too many to compare"
            )
    return strings


def _statement(value: object, number: int, unknown: str, name: str) -> Statement:
    label, where = f"statement {number}", f"{name}, statement {number}"
    if isinstance(value, str) and unknown in value:
        all_of_it = Selection(negated=True, patterns=())
        return Statement(
            label=label,
            effect=EITHER,
            principals=all_of_it,
            actions=all_of_it,
            resources=all_of_it,
            is_known=False,
            settled=False,
        )
    held = _mapping(value, _ELEMENTS, where)
    sid = held.get("Sid", "")
    if not isinstance(sid, str):
        raise PolicyError(f"{where}: Sid is no string")
    label, where = sid or label, f"{where} ({sid})" if sid else where
    effect = held.get("Effect")
    if isinstance(effect, str) and unknown in effect:
        effect = EITHER
    elif effect not in (ALLOW, DENY):
        raise PolicyError(f"{where}: Effect {effect!r} is neither Allow nor Deny")
    actions = _selection(held, "Action", where)
    if actions is None:
        raise PolicyError(f"{where} has neither Action nor NotAction")
    return Statement(
        label=label,
        effect=effect,
        principals=_principals(held, unknown, where),
        actions=Selection(actions.negated, tuple(sorted({lower(each) for each in actions.patterns}))),
        resources=_selection(held, "Resource", where),
        conditions=tuple(_conditions(held.get("Condition", {}), unknown, where)),
        settled=not any(unknown in each for each in _strings_within(value, where)),
    )


def _selection(held: dict[str, Any], element: str, where: str) -> Selection | None:
    named = _named(held, element, where)
    if named is None:
        return None
    patterns = _strings(held[named], f"{where}: {named}")
    return Selection(named != element, tuple(sorted(set(patterns))))


def _principals(held: dict[str, Any], unknown: str, where: str) -> Selection | None:
    """`*` is `{"AWS": "*"}`, and an account's number is its root's ARN (reference_policies_elements_principal.html)."""
    named = _named(held, "Principal", where)
    if named is None:
        return None
    value, where = held[named], f"{where}: {named}"
    if isinstance(value, str) and unknown in value:
        return Selection(named != "Principal", (value,))
    if isinstance(value, str) and value != "*":
        raise PolicyError(f"{where} is {value!r}, which is neither * nor an object")
    by_kind = {"AWS": "*"} if value == "*" else _mapping(value, _PRINCIPALS, where)
    if not by_kind:
        raise PolicyError(f"{where} is empty")
    patterns = {
        f"{kind} {f'arn:aws:iam::{each}:root' if kind == 'AWS' and _ACCOUNT.fullmatch(each) else each}"
        for kind, values in by_kind.items()
        for each in _strings(values, f"{where}: {kind}")
    }
    return Selection(named != "Principal", tuple(sorted(patterns)))


def _conditions(value: object, unknown: str, where: str) -> Iterator[Condition]:
    if isinstance(value, str) and unknown in value:
        yield Condition(operator="", key="", values=(), shown=f"Condition {value}", is_known=False)
        return
    visited: set[tuple[str, str]] = set()
    for operator, keys in _mapping(value, None, f"{where}: Condition").items():
        if isinstance(keys, str) and unknown in keys:
            yield Condition(operator=operator, key="", values=(), shown=f"{operator} {keys}", is_known=False)
            continue
        by_key = _mapping(keys, None, f"{where}: Condition {operator}")
        if not by_key:
            raise PolicyError(f"{where}: Condition {operator} names no key")
        for key, given in by_key.items():
            values = _values(given, f"{where}: Condition {operator} {key}")
            condition = Condition(
                operator=lower(operator),
                key=lower(key),
                values=tuple(sorted(set(values))),
                shown=f"{operator} {key} {', '.join(values)}",
                is_known=not any(unknown in each for each in (operator, key, *values)),
            )
            if (condition.operator, condition.key) in visited:
                raise PolicyError(f"{where}: Condition has {operator} {key} twice")
            visited.add((condition.operator, condition.key))
            yield condition


def _values(given: object, where: str) -> list[str]:
    """A condition's values as text: numbers and booleans need no quotes."""
    values = given if isinstance(given, list) else [given]
    if not all(isinstance(each, str | bool | int | float | Decimal) for each in values):
        raise PolicyError(f"{where} is neither a string nor a list of strings")
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in values]


def _strings(value: object, where: str) -> list[str]:
    strings = value if isinstance(value, list) else [value]
    if not strings:
        raise PolicyError(f"{where} is empty")
    if not all(isinstance(each, str) for each in strings):
        raise PolicyError(f"{where} is neither a string nor a list of strings")
    return [str(each) for each in strings]


def _named(held: dict[str, Any], element: str, where: str) -> str | None:
    """Which of `Action` and `NotAction` (and so on) there is."""
    names = [name for name in (element, f"Not{element}") if name in held]
    if len(names) > 1:
        raise PolicyError(f"{where} has both {element} and Not{element}")
    return names[0] if names else None


def _mapping(value: object, allowed: set[str] | None, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PolicyError(f"{where} is no object")
    for key in value:
        if not isinstance(key, str) or (allowed is not None and key not in allowed):
            raise PolicyError(f"{where} has an element {key!r}, which is not known")
    return value
