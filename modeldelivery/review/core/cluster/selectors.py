"""Which labelled objects a selector takes, compared with another's.

Both answers are such that a mistake can only cost a reader's time: `covers` is never True without reason, `apart` neither.
https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

_IN, _NOT_IN, _EXISTS = "In", "NotIn", "Exists"


class _Requirement(NamedTuple):
    key: str
    operator: str
    values: frozenset[str]


def covers(wide: Any, narrow: Any) -> bool:
    """Whether whatever `narrow` takes is taken by `wide`; nothing and `{}` take everything."""
    requested, given = _requirements(wide), _requirements(narrow)
    if requested is None or given is None:
        return bool(wide == narrow)
    return all(any(_implies(one, other) for one in given) for other in requested)


def apart(one: Any, other: Any) -> bool:
    """Whether nothing can be taken by both."""
    left, right = _requirements(one), _requirements(other)
    if left is None or right is None:
        return False
    return any(
        a.key == b.key and a.operator == b.operator == _IN and not a.values & b.values
        for a in left
        for b in right
    )


def told(selector: Any) -> str:
    """`app=server, tier in (a, b)`; empty for one that takes everything."""
    requirements = _requirements(selector)
    if requirements is None:
        return "what is known only after the update"
    return ", ".join(_text(each) for each in requirements)


def _text(requirement: _Requirement) -> str:
    key, operator, values = requirement
    if operator == _IN and len(values) == 1:
        return f"{key}={next(iter(values))}"
    if operator in {_IN, _NOT_IN}:
        return f"{key} {'in' if operator == _IN else 'not in'} ({', '.join(sorted(values))})"
    return key if operator == _EXISTS else f"!{key}"


def _requirements(selector: Any) -> list[_Requirement] | None:
    """None for what is no selector."""
    if selector is None:
        return []
    if not isinstance(selector, Mapping):
        return None
    labels, expressions = selector.get("matchLabels") or {}, selector.get("matchExpressions") or []
    if not isinstance(labels, Mapping) or not isinstance(expressions, list):
        return None
    read = [_Requirement(str(key), _IN, frozenset({str(value)})) for key, value in sorted(labels.items())]
    for each in expressions:
        if not isinstance(each, Mapping) or not isinstance(each.get("values") or [], list):
            return None
        values = frozenset(str(value) for value in each.get("values") or [])
        read.append(_Requirement(str(each.get("key")), str(each.get("operator")), values))
    return read


def _implies(given: _Requirement, requested: _Requirement) -> bool:
    if given.key != requested.key:
        return False
    match given.operator, requested.operator:
        case "In", "In":
            return given.values <= requested.values
        case "In", "NotIn":
            return not given.values & requested.values
        case "NotIn", "NotIn":
            return given.values >= requested.values
        case (("In" | "Exists"), "Exists"):
            return True
        case "DoesNotExist", ("NotIn" | "DoesNotExist"):
            return True
        case _:
            return given == requested
