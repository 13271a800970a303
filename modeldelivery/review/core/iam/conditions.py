"""Whether one condition holds wherever another does.

Operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
Several keys and values: reference_policies_condition-logic-multiple-context-keys-or-values.html, in the same guide.
Of an operator that is not known here, only the same values are implied.
"""

import ipaddress
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache, partial

from modeldelivery.review.core.iam.patterns import ARN_FIELDS, VARIABLE, arn_covers, cost, covers
from modeldelivery.review.core.iam.statements import Condition, lower

_EXACT = ("numericequals", "dateequals", "binaryequals", "stringequalsignorecase")
_BOUNDS = tuple(
    f"{kind}{bound}" for kind in ("numericlessthan", "numericgreaterthan") for bound in ("", "equals")
)
_PLAIN = {
    **{each: each for each in (*_EXACT, *_BOUNDS, "stringequals", "stringlike", "bool", "ipaddress", "null")},
    "arnequals": "arnlike",  # the two behave alike
    "arnlike": "arnlike",
}
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
    "arnnotequals": "arnlike",
    "arnnotlike": "arnlike",
}
_OPERATOR = re.compile(r"(forallvalues:|foranyvalue:)?(.+?)(ifexists)?")
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
_NETWORK = re.compile(r"[0-9a-fA-F:.]+(/[0-9]{1,3})?")


def implies(narrow: Condition, wide: Condition, spend: Callable[[int], None]) -> bool:
    """Whether each request that satisfies `narrow` satisfies `wide`; False where that cannot be told.

    Of a negated operator's values none may match, so more of them are narrower. `spend` is told the steps ahead.
    """
    if not (narrow.is_known and wide.is_known) or narrow.key != wide.key:
        return False
    quantifier, base, if_exists = _parsed(narrow.operator)
    wide_quantifier, wide_base, wide_if_exists = _parsed(wide.operator)
    # Without the key an IfExists may hold, and then the wide one must
    if quantifier != wide_quantifier or (if_exists and not wide_if_exists):
        return False
    if base == wide_base and narrow.values == wide.values:
        return True
    if not narrow.values or not wide.values:
        return False  # what no value at all means is told for no operator
    if base in _PLAIN and wide_base in _PLAIN:
        return _all_within(_PLAIN[base], narrow.values, _PLAIN[wide_base], wide.values, spend)
    # With a quantifier, whether all values or some must differ is told for no list
    if base in _NEGATED and wide_base in _NEGATED and not quantifier:
        return _all_within(_NEGATED[wide_base], wide.values, _NEGATED[base], narrow.values, spend)
    return False


@lru_cache(maxsize=256)
def _parsed(operator: str) -> tuple[str, str, bool]:
    """Quantifier, base and whether it ends in IfExists; an operator that is not known is a base of its own."""
    match = _OPERATOR.fullmatch(operator)
    if match is None:
        return "", operator, False
    quantifier, base, if_exists = match.groups()
    if base not in _PLAIN.keys() | _NEGATED.keys() or (base == "null" and (quantifier or if_exists)):
        return "", operator, False
    return quantifier or "", base, bool(if_exists)


def _all_within(
    inner: str, values: tuple[str, ...], outer: str, others: tuple[str, ...], spend: Callable[[int], None]
) -> bool:
    """Whether each value, under the operator `inner`, is within one of the others, under `outer`."""
    if inner != outer and (inner, outer) != ("stringequals", "stringlike"):
        return False
    within = _WITHIN.get(outer, _same)
    common = frozenset(others) if inner == outer else frozenset()
    for value in values:
        if value in common:
            continue
        spend(sum(cost(other, value) for other in others) if within in (covers, _arn) else len(others))
        if not any(within(other, value) for other in others):
            return False
    return True


def _same(wide: str, narrow: str) -> bool:
    return wide == narrow


def _same_letters(wide: str, narrow: str) -> bool:
    """A variable's name is not a text to compare."""
    return wide == narrow or (VARIABLE not in wide + narrow and lower(wide) == lower(narrow))


def _arn(wide: str, narrow: str) -> bool:
    """Each field is checked apart; what an ARN that lacks fields matches is not told."""
    return wide == narrow or (wide.count(":") >= ARN_FIELDS - 1 and arn_covers(wide, narrow))


def _bound(wide: str, narrow: str, *, least: bool) -> bool:
    if wide == narrow or not (_NUMBER.fullmatch(wide) and _NUMBER.fullmatch(narrow)):
        return wide == narrow
    return Decimal(wide) <= Decimal(narrow) if least else Decimal(narrow) <= Decimal(wide)


def _network(wide: str, narrow: str) -> bool:
    if wide == narrow or not (_NETWORK.fullmatch(wide) and _NETWORK.fullmatch(narrow)):
        return wide == narrow
    try:
        outer = ipaddress.ip_network(wide, strict=False)
        inner = ipaddress.ip_network(narrow, strict=False)
    except ValueError:
        return False
    if isinstance(outer, ipaddress.IPv4Network) and isinstance(inner, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, ipaddress.IPv6Network) and isinstance(inner, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


_WITHIN: dict[str, Callable[[str, str], bool]] = {
    "stringlike": covers,
    "stringequalsignorecase": _same_letters,
    "bool": _same_letters,
    "null": _same_letters,
    "arnlike": _arn,
    "ipaddress": _network,
    "numericlessthan": partial(_bound, least=False),
    "numericlessthanequals": partial(_bound, least=False),
    "numericgreaterthan": partial(_bound, least=True),
    "numericgreaterthanequals": partial(_bound, least=True),
}
