"""What a call may really do, decided in the plainest way: written apart from the code that it judges.

What that code does not judge is here a coin: the decision is taken once for each way that the coins may fall.
"""

import re
from itertools import product

from tests.unit.review.oracle import holds, matches

KNOWN = re.compile(r"(?:forallvalues:|foranyvalue:)?(?:string(?:not)?(?:equals|like))(?:ifexists)?|null")


def outcomes(caller, need, resource):
    """Every decision, "deny" or "allow", that is possible."""
    made = set()
    count = len(_Coins(()).count(caller, need, resource))
    for fallen in product((True, False), repeat=count):
        made.add(_decide(caller, need, resource, _Coins(fallen)))
    return made


class _Coins:
    """Answers questions that nobody can judge, in order."""

    def __init__(self, fallen):
        self.fallen, self.tossed = list(fallen), 0

    def toss(self):
        self.tossed += 1
        return self.fallen[self.tossed - 1] if self.fallen else True

    def count(self, caller, need, resource):
        _decide(caller, need, resource, self)
        return range(self.tossed)


def _decide(caller, need, resource, coins):
    """No shortcuts: every statement tosses its coins, whatever the others say."""
    identity = [_applies(s, need, coins) and s["Effect"] for p in caller["policies"] for s in p]
    direct, account = [], []
    for statement in resource["policy"]:
        fits = _applies(statement, need, coins)
        named, whole = _named(statement, caller, resource, coins)
        direct.append(fits and named and statement["Effect"])
        account.append(fits and whole and statement["Effect"])
    if "Deny" in (*identity, *direct, *account):
        return "deny"
    own = caller["administrator"] or "Allow" in identity
    if caller["account"] != resource["account"]:
        return "allow" if own and ("Allow" in direct or "Allow" in account) else "deny"
    if "Allow" in direct:
        return "allow"
    if resource["gated"]:
        return "allow" if own and "Allow" in account else "deny"
    return "allow" if own else "deny"


def _applies(statement, need, coins):
    action, negated = _element(statement, "Action")
    acts = any(matches(p.lower(), need["action"].lower()) for p in action) != negated
    resource, negated = _element(statement, "Resource")
    results = [_is_arn(p, need["resource"], coins) for p in resource]
    where = any(results) != negated
    conditions = [
        _condition(operator, _listed(values), need["keys"], key.lower(), coins)
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    return acts and where and all(conditions)


def _is_arn(pattern, arn, coins):
    """As a whole, and field by field; a coin where the two differ."""
    if pattern == "*":
        return True
    fields = [*pattern.split(":", 5), "*", "*", "*", "*", "*"][:6]
    parts = arn.split(":", 5)
    by_field = len(parts) == 6 and all(matches(f, p) for f, p in zip(fields, parts, strict=True))
    whole = matches(pattern, arn)
    return whole if whole == by_field else coins.toss()


def _condition(operator, values, keys, key, coins):
    if not KNOWN.fullmatch(operator.lower()) or key not in keys:
        return coins.toss()
    return holds(operator, values, keys[key])


def _named(statement, caller, resource, coins):
    """Whether it names exactly this caller, and whether it names the caller's account."""
    if "NotPrincipal" in statement:
        return coins.toss(), False
    names = _listed(statement["Principal"]["AWS"])
    whole = f"arn:aws:iam::{caller['account']}:root" in names or caller["account"] in names
    if "*" in names:
        public = statement["Effect"] == "Allow" and caller["account"] != resource["account"]
        return coins.toss() if public else True, whole
    return any(name in names for name in (caller["arn"], caller["role"])), whole


def _element(statement, name):
    negated = f"Not{name}" in statement
    return _listed(statement[f"Not{name}" if negated else name]), negated


def _listed(value):
    return value if isinstance(value, list) else [value]
