"""Whether a condition holds for a request.

Operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
Several values: reference_policies_condition-logic-multiple-context-keys-or-values.html, in the same guide.
"""

from collections.abc import Callable

from sandbox.iam.core.access import Context
from sandbox.iam.core.document import Condition
from sandbox.iam.core.pattern import arn_matches, lower, text_matches
from sandbox.iam.core.truth import Truth, every, opposite, some, unclear

_Test = Callable[[str, str], Truth]  # (what the policy says, what the request has)


def _equals(wanted: str, given: str) -> Truth:
    return unclear(f"the policy variable in {wanted}") if "${" in wanted else wanted == given


def _equals_in_any_case(wanted: str, given: str) -> Truth:
    return _equals(lower(wanted), lower(given))


_OPERATORS: dict[str, _Test] = {
    "stringequals": _equals,
    "stringequalsignorecase": _equals_in_any_case,
    "stringlike": text_matches,
    "arnequals": arn_matches,  # the two behave alike
    "arnlike": arn_matches,
    "bool": _equals_in_any_case,
}
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnlike",
    "arnnotlike": "arnlike",
}


def holds(condition: Condition, context: Context) -> Truth:
    """Whether it holds; an operator or a key that the sandbox does not know makes it unclear."""
    quantifier, _, rest = condition.operator.rpartition(":")
    if_exists = rest.endswith("ifexists")
    base = rest.removesuffix("ifexists")
    if (
        base not in _OPERATORS.keys() | _NEGATED.keys() | {"null"}
        or quantifier not in {"", "forallvalues", "foranyvalue"}
        or (base == "null" and (quantifier or if_exists))
    ):
        return unclear(f"the condition operator {condition.shown.partition(' ')[0]}")
    if not context.knows(condition.key):
        return unclear(f"the condition key {condition.shown.partition(' ')[2]}")
    given = context.get(condition.key)
    if base == "null":
        return some(_equals_in_any_case(value, str(given is None)) for value in condition.values)
    if quantifier:
        listed = (given,) if isinstance(given, str) else given or ()
        each = (_compares(base, condition.values, one) for one in listed)
        return every(each) if quantifier == "forallvalues" else some(each)
    if given is None:
        return if_exists or base in _NEGATED
    if not isinstance(given, str):
        return unclear(f"{condition.shown} on several values, without ForAllValues or ForAnyValue")
    return _compares(base, condition.values, given)


def _compares(base: str, values: tuple[str, ...], given: str) -> Truth:
    if base in _NEGATED:
        return opposite(_compares(_NEGATED[base], values, given))
    return some(_OPERATORS[base](value, given) for value in values)
