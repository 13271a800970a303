"""The conditions of a Condition step: all must hold.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html#step-type-condition
"""

import json
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
# By type, the members beside it.
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_ORDERS, ("LeftValue", "RightValue")),
    "In": ("QueryValue", "Values"),
    "Not": ("Expression",),
    "Or": ("Conditions",),
}


class ConditionError(ValueError):
    """Two values that cannot be compared."""


def mistakes(arguments: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a Condition step's arguments, without its branches."""
    if (
        set(arguments) != {"Conditions"}
        or not isinstance(arguments["Conditions"], list)
        or not arguments["Conditions"]
    ):
        yield "Arguments of a condition are Conditions, IfSteps and ElseSteps, and at least one condition"
        return
    for one in arguments["Conditions"]:
        yield from _in_condition(one)


def holds(arguments: Mapping[str, Any]) -> bool:
    """Whether all conditions hold; the arguments are resolved.

    Raises:
        ConditionError: two values cannot be compared.
    """
    return all(_holds(one) for one in arguments["Conditions"])


def _in_condition(value: Any) -> Iterator[str]:
    kind = value.get("Type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _MEMBERS:
        yield f"condition {json.dumps(value)[:80]}: its Type is one of {', '.join(_MEMBERS)}"
        return
    members = _MEMBERS[kind]
    if set(value) != {"Type", *members}:
        yield f"condition of type {kind}: it has {' and '.join(members)}, not {', '.join(sorted(set(value) - {'Type'}))}"
        return
    for name in ("Values", "Conditions"):
        if name in members and not isinstance(value[name], list):
            yield f"condition of type {kind}: {name} is a list"
            return
    inner = value["Conditions"] if kind == "Or" else [value["Expression"]] if kind == "Not" else []
    for one in inner:
        yield from _in_condition(one)


def _holds(one: Mapping[str, Any]) -> bool:
    match one["Type"]:
        case "Not":
            return not _holds(one["Expression"])
        case "Or":
            return any(_holds(each) for each in one["Conditions"])
        case "In":
            return any(_compared("Equals", one["QueryValue"], each) for each in one["Values"])
        case kind:
            return _compared(kind, one["LeftValue"], one["RightValue"])


def _compared(kind: str, left: Any, right: Any) -> bool:
    if _sort(left) != _sort(right):
        raise ConditionError(f"{kind} cannot compare {json.dumps(left)} with {json.dumps(right)}")
    return _ORDERS[kind](left, right)


def _sort(value: Any) -> str:
    """What can be compared with each other: all numbers, and else only what is of one type."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if number else type(value).__name__
