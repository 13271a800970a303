"""What a policy really does to one concrete request: written apart from the code it judges, in the plainest way.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from functools import cache
from itertools import product

ACCOUNT, ROLE = "arn:aws:iam::111111111111:root", "arn:aws:iam::111111111111:role/r"
SERVICE = "s.amazonaws.com"
PRINCIPALS = (("AWS", ACCOUNT), ("AWS", ROLE), ("Service", SERVICE))
ACTIONS = ("s:a", "s:b", "s:ab", "t:a")
RESOURCES = ("", "a", "b", "ab", "ba", "bb", "aba")
SINGLE = (None, "a", "b", "ab")  # values of the key k; None: it is absent
SEVERAL = (None, (), ("a",), ("a", "b"), ("ab", "b"))  # of the key m, which may have many
CONTEXTS = tuple({"k": k, "m": m} for k, m in product(SINGLE, SEVERAL))
_COMBINED = product(range(len(PRINCIPALS)), range(len(ACTIONS)), range(len(RESOURCES)))
_NUMBERS = {chosen: n * len(CONTEXTS) for n, chosen in enumerate(_COMBINED)}


def permitted(policy):
    """The requests (principal, action, resource, context) that the policy allows and does not deny, one bit for each."""
    return _matched(policy, "Allow") & ~_matched(policy, "Deny")


def matches(pattern, text):
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern):
    parts = [".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern]
    return re.compile("".join(parts), re.DOTALL)


def holds(operator, values, given):
    """One operator on one key; `given` is None when the request lacks the key."""
    several, _, rest = operator.rpartition(":")
    base = rest.removesuffix("IfExists")
    if base == "Null":
        return str(given is None).lower() in values
    if given is None and rest != base and not several:
        return True
    if several == "ForAllValues":
        return all(_compares(base, values, each) for each in given or ())
    if several == "ForAnyValue":
        return any(_compares(base, values, each) for each in given or ())
    if given is None:
        return "Not" in base
    return _compares(base, values, given)


def _compares(base, values, given):
    plain = base.replace("Not", "").replace("IgnoreCase", "")  # all values here are in lower case
    matched = any(matches(v, given) if plain == "StringLike" else v == given for v in values)
    return matched != ("Not" in base)


def _matched(policy, effect):
    """As the bits of a number, since there are many."""
    result = 0
    for statement in _listed(policy["Statement"]):
        if statement["Effect"] == effect:
            contexts = sum(1 << n for n, context in enumerate(CONTEXTS) if _satisfied(statement, context))
            for chosen in product(
                _chosen(statement, "Principal", PRINCIPALS, _is_principal),
                _chosen(statement, "Action", ACTIONS, lambda p, a: matches(p.lower(), a)),
                _chosen(statement, "Resource", RESOURCES, matches),
            ):
                result |= contexts << _NUMBERS[chosen]
    return result


def _chosen(statement, element, concrete, test):
    negated = f"Not{element}" in statement
    patterns = statement.get(element, statement.get(f"Not{element}"))
    if patterns is None:
        return list(range(len(concrete)))
    if element == "Principal":
        patterns = {"AWS": "*"} if patterns == "*" else patterns
        patterns = [(kind, each) for kind, values in patterns.items() for each in _listed(values)]
    patterns = _listed(patterns)
    return [n for n, each in enumerate(concrete) if any(test(p, each) for p in patterns) != negated]


def _is_principal(pattern, principal):
    kind, name = pattern
    name = ACCOUNT if name == "111111111111" else name
    return kind == principal[0] and name in ("*", principal[1])


def _satisfied(statement, context):
    return all(
        holds(operator, _listed(values), context[key.lower()])
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def _listed(value):
    return value if isinstance(value, list) else [value]
