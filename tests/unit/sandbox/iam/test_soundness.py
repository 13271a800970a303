"""Whatever the policies: the judge decides as the oracle does, and says that it cannot only where both is possible."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.iam.core.access import Caller, Context, Need, Owned, Principal
from sandbox.iam.core.document import read
from sandbox.iam.core.judge import judge
from tests.examples import examples
from tests.unit.sandbox.iam.oracle import outcomes
from tests.unit.sandbox.iam.policies import ELSEWHERE, HOME, ROLE, ROOT, SESSION

ARN = "arn:aws:s:r:1:"
RESOURCES = [f"{ARN}a", f"{ARN}ab", f"{ARN}b:a", f"{ARN}b/a", "*"]
PATTERNS = [
    "*",
    f"{ARN}*",
    f"{ARN}a",
    f"{ARN}a*",
    f"{ARN}?",
    f"{ARN}b*a",
    "arn:aws:s:*",
    "arn:aws:*:a",
    "arn:*:ab",
]
ACTIONS = ["s:a", "s:b", "s:ab", "t:a"]
NAMES = ["*", ROOT, HOME, ROLE, SESSION, f"arn:aws:iam::{HOME}:role/other", ELSEWHERE]
VALUES = [["a"], ["b"], ["a", "ab"]]
TESTS = [
    *[(o + e, k, v) for o in ("StringEquals", "StringNotEquals") for e in ("", "IfExists") for k in "kK" for v in VALUES],
    *[(o, "k", v) for o in ("StringLike", "StringNotLike") for v in (["a*"], ["?", "b"])],
    *[(f"{many}:{o}", "m", v) for many in ("ForAnyValue", "ForAllValues") for o in ("StringEquals", "StringNotLike") for v in VALUES],
    *[("Null", "k", [v]) for v in ("true", "false")],
    *[("NumericLessThan", "k", ["1"]), ("StringEquals", "unheard", ["a"]), ("DateLessThan", "k", ["1"])] * 12,
]  # fmt: skip


def listed(choices):
    return st.sampled_from(choices) | st.lists(st.sampled_from(choices), min_size=1, max_size=2)


def element(name, choices):
    return st.tuples(st.sampled_from([name, name, name, f"Not{name}"]), listed(choices)).map(
        lambda pair: {pair[0]: pair[1]}
    )


effects = st.sampled_from([{"Effect": "Allow"}] * 2 + [{"Effect": "Deny"}])
conditions = st.lists(st.sampled_from(TESTS), max_size=2).map(
    lambda tests: {"Condition": {operator: {key: values} for operator, key, values in tests}}
)
whom = listed(NAMES).map(lambda names: {"Principal": {"AWS": names}}) | st.just(
    {"NotPrincipal": {"AWS": ROLE}}
)


def statements(*parts):
    made = st.tuples(
        effects,
        element("Action", ["*", "*", "s:*", "s:a", "S:A", "s:?", "t:a"]),
        element("Resource", PATTERNS),
        conditions,
        *parts,
    )
    return made.map(lambda parts: {name: value for part in parts for name, value in part.items()})


cases = st.fixed_dictionaries(
    {
        "identity": st.lists(st.lists(statements(), min_size=1, max_size=2), max_size=2),
        "resource": st.lists(statements(whom), max_size=2),
        "administrator": st.sampled_from([False, False, False, True]),
        "owner": st.sampled_from([HOME, HOME, ELSEWHERE]),
        "gated": st.booleans(),
        "action": st.sampled_from(ACTIONS),
        "on": st.sampled_from(RESOURCES),
        "keys": st.fixed_dictionaries(
            {
                "k": st.sampled_from([None, "a", "b", "ab"]),
                "m": st.sampled_from([None, (), ("a",), ("a", "b"), ("ab", "b")]),
            }
        ),
    }
)


def judged(case):
    def policy(made, name):
        return read(json.dumps({"Version": "2012-10-17", "Statement": made}), name)

    caller = Caller(
        Principal(SESSION, HOME, role=ROLE),
        tuple(policy(made, f"p{n}") for n, made in enumerate(case["identity"])),
        case["administrator"],
    )
    held = policy(case["resource"], "r") if case["resource"] else None
    return judge(
        caller,
        Need(case["action"], case["on"], Context(case["keys"])),
        Owned(case["owner"], held, case["gated"]),
    )


def possible(case):
    return outcomes(
        {
            "arn": SESSION,
            "role": ROLE,
            "account": HOME,
            "administrator": case["administrator"],
            "policies": case["identity"],
        },
        {"action": case["action"], "resource": case["on"], "keys": case["keys"]},
        {"account": case["owner"], "policy": case["resource"], "gated": case["gated"]},
    )


@pytest.mark.hypothesis
def test_the_judge_decides_as_the_oracle_does():
    counts = Counter()

    @settings(max_examples=examples(1500))
    @given(cases)
    def check(case):
        decision, ways = judged(case), possible(case)
        if decision.unclear:
            assert ways == {"allow", "deny"}
        else:
            assert ways == {"allow" if decision.allowed else "deny"}
        counts["unclear" if decision.unclear else "allow" if decision.allowed else "deny"] += 1
        counts["explicit"] += bool(decision.statement)

    check()
    assert min(counts[kind] for kind in ("unclear", "allow", "deny", "explicit")) >= 37, counts
