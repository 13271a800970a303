"""Whatever the documents: what one concrete request may newly do is never passed over."""

import copy
import json
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeldelivery.review.core.iam.diff import compare
from tests.examples import examples
from tests.unit.review.iam_policies import OTHER, UNKNOWN, is_unchanged, policy, steady
from tests.unit.review.oracle import ROLE, SERVICE, permitted

NAMES = ["*", "111111111111", "arn:aws:iam::111111111111:root", ROLE, OTHER]
OPERATORS = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]
VALUES = [["a"], ["b"], ["a", "b"], ["ab", "b"], ["a*"], ["*b", "a"], ["?"]]


def listed(choices):
    """One of them, or one or two in a list: enumerated, since drawing costs more than comparing."""
    return [*choices, *([each] for each in choices), *(list(pair) for pair in permutations(choices, 2))]


def elements(name, choices):
    """One element of a statement; one in five is negated."""
    made = listed(choices)
    return st.sampled_from([{name: each} for each in made] * 4 + [{f"Not{name}": each} for each in made])


PATTERNS = ["", "*", "?", "a", "b", "ab", "a*", "*a", "b*", "?b", "a?", "*b*", "ab*", "??", "a*b", "*?"]
actions = elements("Action", ["*", "s:*", "s:a", "S:A", "s:a*", "s:?", "s:b", "t:a", "?:a", "t:*"])
resources = elements("Resource", PATTERNS)
principals = st.sampled_from(
    [
        *[
            {"Principal": "*"},
            {"Principal": {"Service": SERVICE}},
            {"Principal": {"AWS": OTHER, "Service": SERVICE}},
        ],
        *[{"Principal": {"AWS": each}} for each in listed(NAMES)],
        *[{"NotPrincipal": {"AWS": each}} for each in NAMES[1:]],
    ]
)
TESTS = [
    *[(o + end, key, v) for o in OPERATORS for end in ("", "IfExists") for key in "kK" for v in VALUES],
    *[(f"{many}:{o}", "m", v) for many in ("ForAnyValue", "ForAllValues") for o in OPERATORS for v in VALUES],
    *[("Null", "k", value) for value in (["true"], ["false"])],
]
conditions = st.lists(st.sampled_from(TESTS), max_size=2).map(
    lambda tests: {"Condition": {operator: {key: values} for operator, key, values in tests}}
)
effects = st.sampled_from([{"Effect": "Allow"}] * 2 + [{"Effect": "Deny"}])
statements = st.tuples(effects, principals, actions, resources, conditions).map(
    lambda parts: {name: value for part in parts for name, value in part.items()}
)
policies = st.lists(statements, min_size=1, max_size=3).map(lambda made: policy(*made))


@st.composite
def successors(draw, old):
    """A policy near the old one: an element of a statement is another's or less, a statement goes, or comes."""
    made = copy.deepcopy(old["Statement"])
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(made) - 1))
        change = draw(
            st.sampled_from(["Action", "Resource", "Principal", "Condition", "drop", "add", *NARROWER])
        )
        if change == "drop" and len(made) > 1:
            del made[place]
        elif change in NARROWER:
            made[place] = NARROWER[change](made[place])
        elif change in ("add", "drop"):
            made.append(draw(statements))
        else:
            other, same = draw(statements), (change, f"Not{change}")
            kept = {k: v for k, v in made[place].items() if k not in same}
            made[place] = kept | {k: v for k, v in other.items() if k in same}
    return policy(*reversed(made))


def _lettered(statement):
    """Stars of resources become letters; it is up to `compare` to see that this is less."""
    if "Resource" not in statement:
        return statement
    named = statement["Resource"]
    named = [named] if isinstance(named, str) else named
    return {**statement, "Resource": [each.replace("*", "a") for each in named]}


def _conditioned(statement):
    return {**statement, "Condition": statement["Condition"] | {"StringEqualsIgnoreCase": {"k": "a"}}}


NARROWER = {"lettered": _lettered, "conditioned": _conditioned}
pairs = policies.flatmap(lambda old: st.tuples(st.just(old), successors(old))) | st.tuples(policies, policies)


@pytest.mark.hypothesis
def test_a_request_that_is_newly_allowed_is_never_passed_over():
    counts = {True: 0, False: 0}

    @settings(max_examples=examples(500))
    @given(pairs)
    def check(pair):
        old, new = pair
        difference = compare(old, new, UNKNOWN)
        counts[bool(difference.widened)] += 1
        if not difference.widened:
            assert not permitted(new) & ~permitted(old)
        if not difference.narrowed:
            assert not permitted(old) & ~permitted(new)

    check()
    assert min(counts.values()) >= 50, counts


WHOLE = {"Effect": "Allow", "Principal": "*", "Action": "s:a", "Resource": "a"}
SOME = ["*", "s:*", "s:a", "s:?", "S:A", "t:a", ["s:a", "s:b"], ["s:*", "t:a"], ["s:?b", "t:*"]]
SOMEWHERE = ["*", "?", "a", "a*", "*a", "?b", "*?", "?*", ["a", "b"], ["a*", "b*"], ["b", "*b"]]
SOMEBODY = [
    *({"AWS": each} for each in [*NAMES, [OTHER, ROLE], [ROLE, "*"]]),
    *({"Service": SERVICE}, {"AWS": "*", "Service": SERVICE}, {"AWS": ROLE, "Service": SERVICE}),
]
DIFFERENT = {
    "actions": [{name: each} for name in ("Action", "NotAction") for each in SOME],
    "resources": [{name: each} for name in ("Resource", "NotResource") for each in SOMEWHERE],
    "principals": [{name: each} for name in ("Principal", "NotPrincipal") for each in SOMEBODY],
    **{
        f"conditions on {key}": [
            {},
            *({"Condition": {operator: {key: values}}} for operator, its, values in TESTS if its == key),
        ]
        for key in "km"
    },
}


@pytest.mark.parametrize("element", DIFFERENT)
def test_of_all_pairs_that_differ_in_one_element_none_that_widens_is_passed_over(element):
    made = [
        policy({k: v for k, v in WHOLE.items() if f"Not{k}" not in each} | each)
        for each in DIFFERENT[element]
    ]
    allowed = [permitted(each) for each in made]
    counts = [0, 0]
    for (old, before), (new, after) in product(zip(made, allowed, strict=True), repeat=2):
        widened = bool(compare(old, new, UNKNOWN).widened)
        assert widened or not after & ~before, (old, new)
        counts[widened] += 1
    assert min(counts) >= len(made), counts


@steady
@given(pairs)
def test_narrowed_one_way_is_widened_the_other(pair):
    old, new = pair
    assert compare(old, new, UNKNOWN).narrowed == bool(compare(new, old, UNKNOWN).widened)


@steady
@given(policies)
def test_a_policy_is_unchanged_beside_itself(made):
    assert is_unchanged(made, json.dumps(made))


@steady
@given(policies, st.randoms(use_true_random=False))
def test_statements_split_into_their_parts_and_shuffled_are_unchanged(made, chance):
    parts = [part for statement in made["Statement"] for part in _parts(statement)]
    chance.shuffle(parts)
    assert is_unchanged(made, policy(*parts))


def _parts(statement):
    """One statement for each action on each resource for each principal; what is negated stays whole."""
    choices = []
    for element in ("Action", "Resource"):
        listed = statement.get(element)
        choices.append([{element: each} for each in listed] if isinstance(listed, list) else [{}])
    named = statement.get("Principal")
    split = isinstance(named, dict) and isinstance(named.get("AWS"), list)
    choices.append([{"Principal": {"AWS": each}} for each in named["AWS"]] if split else [{}])
    return [{**statement, **action, **resource, **who} for action, resource, who in product(*choices)]


@steady
@given(policies, statements)
def test_a_denial_more_or_an_allow_less_widens_nothing(made, extra):
    without = policy(*[each for each in made["Statement"][1:] if each["Effect"] == "Allow"])
    whole = policy(
        *[each for each in made["Statement"] if each["Effect"] == "Allow"], {**extra, "Effect": "Allow"}
    )
    assert compare(whole, policy(*without["Statement"], {**extra, "Effect": "Deny"}), UNKNOWN).widened == ()
